import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LOG_LEVELS, type LogFormat, type LogLevel } from '../../../src/application/config.js';
import { Redaction } from '../../../src/application/redaction.js';
import { PinoLogger } from '../../../src/infrastructure/logging/pino-logger.js';

const TIME = '2024-01-15T10:00:00.000Z';

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(TIME) });
});

afterEach(() => {
  vi.useRealTimers();
});

function memory() {
  const output: string[] = [];
  const write = (text: string): void => {
    output.push(text);
  };
  return { output, destination: { write } };
}

function logger(
  format: LogFormat,
  level: LogLevel = 'debug',
): { readonly log: PinoLogger; readonly output: string[] } {
  const { output, destination } = memory();
  return { log: new PinoLogger({ level, format, destination }), output };
}

/** The lines of a JSON log, parsed. */
function parsed(output: readonly string[]): unknown[] {
  return output.map((line): unknown => {
    expect(line.indexOf('\n')).toBe(line.length - 1);
    return JSON.parse(line);
  });
}

function failure(message: string, stack: string, cause?: unknown): Error {
  const error = new TypeError(message, cause === undefined ? {} : { cause });
  error.stack = stack;
  return error;
}

describe('json', () => {
  test('one object a line: level as a word, time in ISO format, fields, message', () => {
    const { log, output } = logger('json');
    log.info('job enqueued', {
      job_id: 'j',
      attempt: 2,
      ok: true,
      none: null,
      gone: undefined,
      queues: ['a', 'b'],
    });
    expect(output).toEqual([
      `{"level":"info","time":"${TIME}","job_id":"j","attempt":2,"ok":true,"none":null,"queues":["a","b"],"msg":"job enqueued"}\n`,
    ]);
  });

  test('each method has its level; fields may be left out', () => {
    const { log, output } = logger('json');
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](`a ${level}`);
    expect(parsed(output)).toEqual(
      ['debug', 'info', 'warn', 'error'].map((level) => ({ level, time: TIME, msg: `a ${level}` })),
    );
  });

  test('an error is described under err, with its causes', () => {
    const { log, output } = logger('json');
    const inner = failure('refused', 'TypeError: refused\n    at connect');
    const all = new AggregateError([inner, 'a string'], 'all failed');
    all.stack = 'AggregateError: all failed\n    at race';
    log.error('delivery broke', { queue: 'q' }, failure('no', 'TypeError: no\n    at deliver', all));
    expect(parsed(output)).toEqual([
      {
        level: 'error',
        time: TIME,
        queue: 'q',
        err: {
          type: 'TypeError',
          message: 'no',
          stack:
            'TypeError: no\n    at deliver\ncaused by: AggregateError: all failed\n    at race\n' +
            'caused by: TypeError: refused\n    at connect\ncaused by: a string',
        },
        msg: 'delivery broke',
      },
    ]);
  });

  test.each([
    { thrown: 'text', err: { type: 'string', message: 'text' } },
    { thrown: null, err: { type: 'object', message: 'null' } },
    { thrown: { code: 7 }, err: { type: 'object', message: '{ code: 7 }' } },
    { thrown: Symbol('s'), err: { type: 'symbol', message: 'Symbol(s)' } },
  ])('what is thrown but no Error: $err.message', ({ thrown, err }) => {
    const { log, output } = logger('json');
    log.error('odd', {}, thrown);
    expect(parsed(output)).toEqual([{ level: 'error', time: TIME, err, msg: 'odd' }]);
  });

  test('the other properties of an error stay out; circles of causes end', () => {
    const { log, output } = logger('json');
    const error = Object.assign(failure('no', 'S'), { secret: 'hunter2' });
    error.cause = error;
    log.error('x', {}, error);
    expect(output.join('')).not.toContain('hunter2');
    expect(parsed(output)).toMatchObject([{ err: { stack: Array(6).fill('S').join('\ncaused by: ') } }]);
  });

  test('line breaks forge nothing', () => {
    const { log, output } = logger('json');
    log.error('a\r\n{"level":"info"}', { name: 'b\n{"msg":"c"}' }, failure('d\ne', 'f\ng'));
    expect(parsed(output)).toHaveLength(1);
  });
});

describe('credentials in URLs are masked', () => {
  const url = 'http://user:pass@host/';
  test.each(['json', 'pretty'] as const)('%s', (format) => {
    const { log, output } = logger(format);
    const error = failure(
      `cannot reach ${url}`,
      `TypeError: cannot reach ${url}\n    at f`,
      `${url} is down`,
    );
    log.debug(`to ${url}`, { url, urls: [url, 'x'] });
    log.info(`to ${url}`, { url });
    log.warn(`to ${url}`, { url });
    log.error(`to ${url}`, { url }, error);
    log.error('thrown', {}, { url });
    expect(output.join('').match(/pass/g)).toBeNull();
    expect(output.join('').match(/http:\/\/\*\*\*@host\//g)).toHaveLength(format === 'json' ? 13 : 12);
  });
});

test('hidden values of JSON are masked: in messages, fields, errors and their causes', () => {
  const { output, destination } = memory();
  const redaction = new Redaction(['password']);
  const log = new PinoLogger({ level: 'info', format: 'json', redaction, destination });
  const json = '{"user":"u","password":"hunter2"}';
  log.info(`got ${json}`, { body: json, parts: [json], password: 'is no part of a payload here' });
  log.error('failed', {}, new Error(`no ${json}`, { cause: new Error(json) }));
  expect(output.join('')).not.toContain('hunter2');
  expect(parsed(output)).toMatchObject([
    { msg: 'got {"user":"u","password":"***"}', parts: ['{"user":"u","password":"***"}'] },
    { err: { message: 'no {"user":"u","password":"***"}' } },
  ]);
});

describe('level', () => {
  const methods = ['debug', 'info', 'warn', 'error'] as const;
  test.each(LOG_LEVELS.map((level, index) => ({ level, shown: methods.slice(Math.max(0, index - 1)) })))(
    '$level shows $shown',
    ({ level, shown }) => {
      const { log, output } = logger('json', level);
      for (const method of methods) log[method]('x');
      expect(parsed(output)).toEqual(shown.map((method) => ({ level: method, time: TIME, msg: 'x' })));
    },
  );

  test('below the level, not even the fields are looked at', () => {
    const { log } = logger('json', 'error');
    const fields = {
      get url(): string {
        throw new Error('looked at');
      },
    };
    log.debug('x', fields);
    log.info('x', fields);
    log.warn('x', fields);
  });
});

describe('pretty', () => {
  test('time, level, message, fields', () => {
    const { log, output } = logger('pretty');
    log.info('job enqueued', { job_id: 'j', attempt: 2 });
    log.warn('bare');
    expect(output).toEqual([
      `[${TIME}] INFO: job enqueued {"job_id":"j","attempt":2}\n`,
      `[${TIME}] WARN: bare\n`,
    ]);
  });

  test('the stack of an error follows, indented', () => {
    const { log, output } = logger('pretty');
    log.error('broke', { queue: 'q' }, failure('no', 'TypeError: no\n    at f'));
    log.error('odd', {}, 'a string');
    expect(output).toEqual([
      `[${TIME}] ERROR: broke {"queue":"q"}\n    TypeError: no\n        at f\n`,
      `[${TIME}] ERROR: odd\n    a string\n`,
    ]);
  });

  test('control characters are escaped, and no entry can be forged', () => {
    const { log, output } = logger('pretty');
    const forged = `\r\n[${TIME}] INFO: forged\u001b[2J\u009b\u007f`;
    log.error(`a${forged}`, { job_id: `b${forged}` }, failure('', `c${forged}`));
    const escaped = `[${TIME}] INFO: forged\\u001b[2J\\u009b\\u007f`;
    expect(output).toEqual([
      `[${TIME}] ERROR: a\\r\\n${escaped} {"job_id":"b\\r\\n${escaped}"}\n    c\\r\n    ${escaped}\n`,
    ]);
  });

  test('names of fields that pino-pretty knows are fields like any other', () => {
    const { log, output } = logger('pretty');
    log.info('x', {
      name: 'n',
      caller: 'c',
      pid: 1,
      hostname: 'h',
      type: 'Error',
      stack: 's',
      text: 'a\\nb',
    });
    expect(output).toEqual([
      `[${TIME}] INFO: x {"name":"n","caller":"c","pid":1,"hostname":"h","type":"Error","stack":"s","text":"a\\\\nb"}\n`,
    ]);
  });

  test.each(['auto', 'pretty'] as const)('%s: with colours on a terminal', (format) => {
    const { output, destination } = memory();
    new PinoLogger({ level: 'info', format, terminal: true, destination }).info('x');
    expect(output.join('')).toContain('\u001b[32mINFO\u001b[39m');
  });

  test.each([
    { format: 'json', terminal: true },
    { format: 'auto', terminal: false },
  ] as const)('but not for $format, on a terminal: $terminal', ({ format, terminal }) => {
    const { output, destination } = memory();
    new PinoLogger({ level: 'info', format, terminal, destination }).info('x');
    expect(parsed(output)).toEqual([{ level: 'info', time: TIME, msg: 'x' }]);
  });
});
