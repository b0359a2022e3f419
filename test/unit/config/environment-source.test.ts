import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../../src/application/config.js';
import { load, refusal } from './load.js';

describe('values of environment variables', () => {
  test.each([
    '',
    ' ',
    '5 ',
    ' 5',
    '10abc',
    '1e3',
    '0x10',
    '1_000',
    '1.0',
    '+5',
    '007',
    '-0',
    '٣',
    '5,6',
    'NaN',
  ])('"%s" is no integer', (text) => {
    expect(refusal({ env: { MININQ_WORKER_RETENTION_DAYS: text } })).toBe(
      `MININQ_WORKER_RETENTION_DAYS must be an integer from 1 to 36500, not ${JSON.stringify(text)}`,
    );
  });

  test.each([
    { text: '408,', holds: '""' },
    { text: ',408', holds: '""' },
    { text: '408, 429', holds: '" 429"' },
    { text: '40x', holds: '"40x"' },
    { text: '500', holds: '500' },
  ])('"$text" is no list of statuses', ({ text, holds }) => {
    expect(refusal({ env: { MININQ_DEFAULTS_RETRY_STATUSES: text } })).toBe(
      `MININQ_DEFAULTS_RETRY_STATUSES must be a list of integers from 400 to 499, but holds ${holds}`,
    );
  });

  test('a flag is named as such', () => {
    expect(refusal({ flags: { '--port': '80a' } })).toBe(
      '--port must be an integer from 0 to 65535, not "80a"',
    );
    expect(refusal({ flags: { '--log-level': 'INFO' } })).toBe(
      '--log-level must be one of "trace", "debug", "info", "warn", "error", not "INFO"',
    );
    expect(refusal({ flags: { '--db-path': '' } })).toBe(
      '--db-path must be a path without control characters, not ""',
    );
  });

  test('what is too long is shortened, what controls a terminal is escaped', () => {
    expect(refusal({ env: { MININQ_HOST: `\u001b[2J\n\u009b${'x'.repeat(5000)}` } })).toBe(
      'MININQ_HOST must be an IP address or a host name, without scheme, port or brackets, not ' +
        `"\\u001b[2J\\n\\u009b${'x'.repeat(94)}..."`,
    );
  });
});

describe('variables that do not exist', () => {
  test.each([
    { variable: 'MININQ_PROT', hint: 'did you mean MININQ_PORT?' },
    { variable: 'MININQ_port', hint: 'did you mean MININQ_PORT?' },
    { variable: 'MININQ_SERVER_PORT', hint: 'did you mean MININQ_PORT?' },
    { variable: 'MININQ_LOGGING_LEVEL', hint: 'did you mean MININQ_LOG_LEVEL?' },
    { variable: 'MININQ_CONCURRENCY', hint: 'did you mean MININQ_WORKER_CONCURRENCY?' },
    { variable: 'MININQ_WORKER_CONCURENCY', hint: 'did you mean MININQ_WORKER_CONCURRENCY?' },
    { variable: 'MININQ_SECRET', hint: 'unset it: names that begin with MININQ_ are reserved' },
    { variable: 'MININQ_', hint: 'unset it: names that begin with MININQ_ are reserved' },
  ])('$variable', ({ variable, hint }) => {
    expect(refusal({ env: { [variable]: '1' } })).toBe(`unknown environment variable ${variable}; ${hint}`);
  });

  test('those of clients are none of our business, nor are others', () => {
    expect(load({ env: { MININQ_URL: 'http://localhost:6390' } }).config).toEqual(DEFAULT_CONFIG);
    expect(load({ env: { PORT: '1', HOST: 'x', mininq_port: '1', XMININQ_PORT: '1' } }).config).toEqual(
      DEFAULT_CONFIG,
    );
  });
});

describe('variables of container platforms', () => {
  test('those that describe services are ignored', () => {
    const env = {
      MININQ_SERVICE_HOST: '10.0.0.1',
      MININQ_SERVICE_PORT: '6390',
      MININQ_SERVICE_PORT_HTTP: '6390',
      MININQ_PORT_6390_TCP: 'tcp://10.0.0.1:6390',
      MININQ_PORT_6390_TCP_ADDR: '10.0.0.1',
      MININQ_PORT_6390_TCP_PORT: '6390',
      MININQ_PORT_6390_TCP_PROTO: 'tcp',
      MININQ_DB_SERVICE_HOST: '10.0.0.2',
      MININQ_DB_SERVICE_PORT: '5432',
      MININQ_DB_SERVICE_PORT_PG: '5432',
      MININQ_DB_PORT: 'tcp://10.0.0.2:5432',
      MININQ_DB_PORT_5432_TCP_ADDR: '10.0.0.2',
    };
    expect(load({ env }).config).toEqual(DEFAULT_CONFIG);
  });

  test('MININQ_PORT of a service called mininq is explained', () => {
    expect(refusal({ env: { MININQ_PORT: 'tcp://10.0.0.1:6390' } })).toBe(
      'MININQ_PORT must be an integer from 0 to 65535, not "tcp://10.0.0.1:6390", which the container platform has ' +
        'set for its service "mininq"; set MININQ_PORT to the port yourself, rename the service, or turn such ' +
        'variables off (Kubernetes: enableServiceLinks: false)',
    );
  });

  test('what merely looks alike is not', () => {
    expect(refusal({ env: { MININQ_DB_PORT: '5432' } })).toBe(
      'unknown environment variable MININQ_DB_PORT; did you mean MININQ_PORT?',
    );
  });
});
