import { resolve } from 'node:path';
import { CONFIG_KEYS, regularVariable } from '../../application/config-keys.js';
import { ConfigError } from '../../application/config.js';
import { didYouMean } from '../../application/did-you-mean.js';
import { plain, quote, shorten } from '../../application/printable.js';
import type { Given, GivenByKey } from './given.js';
import { readSecretFile } from './secret-file.js';

const PREFIX = 'MININQ_';
/** Of a secret: the file that holds it. */
const FILE_SUFFIX = '_FILE';
/** For programs that call mininq, and may have their environment in common with it. */
const CLIENT_VARIABLES = ['MININQ_URL'];
/**
 * Container platforms tell every process where each service is. Those of services called `mininq` or `mininq-...` come
 * as MININQ_SERVICE_HOST, MININQ_PORT=tcp://10.0.0.1:6390, MININQ_PORT_6390_TCP_ADDR, MININQ_DB_SERVICE_HOST and so on.
 */
const SERVICE_VARIABLE =
  /^MININQ_(?:SERVICE_|PORT_\d+_|\w+_SERVICE_(?:HOST|PORT)|\w+_PORT_\d+_(?:TCP|UDP|SCTP))/;
const SERVICE_ADDRESS = /^(?:tcp|udp|sctp):\/\//;

/** The variables that there may be, and the key that each gives. */
const VARIABLES = new Map(
  CONFIG_KEYS.flatMap((key) =>
    key.type.secret
      ? [[key.variable, key] as const, [key.variable + FILE_SUFFIX, key] as const]
      : [[key.variable, key] as const],
  ),
);

/**
 * What the environment gives.
 * @param cwd where the relative path of a file with a secret starts
 * @throws ConfigError for a variable MININQ_... that is no key's, and for a file that cannot be read
 */
export function fromEnvironment(env: Readonly<Record<string, string | undefined>>, cwd: string): GivenByKey {
  const given = new Map<string, Given>();
  for (const [variable, value] of Object.entries(env)) {
    if (value === undefined || !variable.startsWith(PREFIX)) continue;
    if (CLIENT_VARIABLES.includes(variable)) continue;
    const key = VARIABLES.get(variable);
    if (key === undefined) {
      if (!isServiceVariable(variable, value)) throw new ConfigError(unknownVariable(variable));
      continue;
    }
    if (SERVICE_ADDRESS.test(value) && variable === 'MININQ_PORT') throw new ConfigError(injectedPort(value));
    if (given.has(key.name)) {
      throw new ConfigError(
        `${key.variable} and ${key.variable}${FILE_SUFFIX} are both set; unset one of them`,
      );
    }
    const text = variable === key.variable ? value : readSecretFile(variable, value, cwd);
    given.set(key.name, {
      value: key.type.fromText(text),
      subject: variable,
      origin: `environment ${variable}`,
      ...(variable !== key.variable && { file: resolve(cwd, value) }),
    });
  }
  return given;
}

function isServiceVariable(variable: string, text: string): boolean {
  return SERVICE_VARIABLE.test(variable) || (variable.endsWith('_PORT') && SERVICE_ADDRESS.test(text));
}

function injectedPort(text: string): string {
  return (
    `MININQ_PORT must be an integer from 0 to 65535, not ${quote(text)}, which the container platform has set for its ` +
    'service "mininq"; set MININQ_PORT to the port yourself, rename the service, or turn such variables off ' +
    '(Kubernetes: enableServiceLinks: false)'
  );
}

function unknownVariable(variable: string): string {
  const unknown = `unknown environment variable ${plain(shorten(variable))}`;
  const regular = CONFIG_KEYS.find((key) => regularVariable(key.name) === variable);
  // Without the prefix, which they all share: it would make any two of them look alike.
  const bare = [...VARIABLES.keys()].map((name) => name.slice(PREFIX.length));
  const near = didYouMean(variable.slice(PREFIX.length), bare);
  const meant = regular?.variable ?? (near === null ? null : PREFIX + near);
  return `${unknown}; ${meant === null ? 'unset it: names that begin with MININQ_ are reserved' : `did you mean ${meant}?`}`;
}
