import { BACKOFF_STRATEGIES } from '../domain/retry/backoff.js';
import { parseIp, parseNetwork } from '../domain/egress/ip-address.js';
import { CRON_DIALECTS } from '../domain/schedule/cron-fields.js';
import {
  DURABILITIES,
  LOG_FORMATS,
  LOG_LEVELS,
  WITHOUT_TOKEN,
  type Config,
  type FlagName,
} from './config.js';
import {
  boolean,
  choice,
  integer,
  list,
  listByPlace,
  optional,
  retention,
  secret,
  secretList,
  text,
  type ValueType,
} from './config-value.js';
import { parseEgressEntry } from '../domain/egress/egress-policy.js';
import { encryptionKeys } from './encryption-key.js';
import { isHost } from './host.js';
import { parseRedactPath } from './redaction.js';
import { INT32_MAX, QUEUE_NAME } from './limits.js';
import { tlsHost } from './config-tls-host.js';
import { namedToken, token } from './config-token.js';
import { quote, shorten } from './printable.js';
import { parseSigningSecret, SIGNING_SECRET } from './signing-secret.js';

/** One value of the configuration: how it is called, what it may be, and its place. */
export interface ConfigKey<T> {
  /** table.key, as in the file. */
  readonly name: string;
  /** Of the environment. */
  readonly variable: string;
  readonly flag: FlagName | null;
  readonly type: ValueType<T>;
  /** One line of Markdown. */
  readonly description: string;
  /** Its value in a configuration; in DEFAULT_CONFIG, its default. */
  readonly of: (config: Config) => T;
  /** The same as TOML writes it; null when it has no value. */
  readonly formatOf: (config: Config) => string | null;
}

interface Named {
  readonly variable?: string;
  readonly flag?: FlagName;
}

function key<T>(
  name: string,
  type: ValueType<T>,
  of: (config: Config) => NoInfer<T>,
  description: string,
  named: Named = {},
): ConfigKey<T> {
  const variable = named.variable ?? regularVariable(name);
  const formatOf = (config: Config): string | null => type.format(of(config));
  return { name, variable, flag: named.flag ?? null, type, description, of, formatOf };
}

/** MININQ_<TABLE>_<KEY>: the variable of every key for which the manual gives no shorter one. */
export function regularVariable(name: string): string {
  return `MININQ_${name.replaceAll('.', '_').toUpperCase()}`;
}

const seconds = integer(1, 86_400);
const count = integer(0, INT32_MAX);

/** What better-sqlite3, which trims it, takes for a database that is gone with the process. */
const IN_MEMORY = /^\s*(?:\s|:memory:)\s*$/;

const host = text(
  'an IP address or a host name',
  'an IP address or a host name, without scheme, port or brackets',
  (value) => (isHost(value) ? value : undefined),
);
const allowedHosts = list(
  { ...host, accept: (value) => host.accept(value)?.toLowerCase() },
  'a list of host names or IP addresses, without scheme, port or brackets',
);
const trustedProxies = list(
  text('an IP address or CIDR network', 'an IP address or a network', (value) =>
    parseIp(value) === null && parseNetwork(value) === null ? undefined : value,
  ),
  'a list of IP addresses and networks such as 10.0.0.0/8',
);
const anyPath = text('a path', 'a path without control characters', (value) =>
  /^\P{Cc}+$/u.test(value) && !IN_MEMORY.test(value) ? value : undefined,
);
const path: ValueType<string> = {
  ...anyPath,
  refusal: (value) =>
    typeof value === 'string' && IN_MEMORY.test(value)
      ? `must be the path of a file, not ${quote(shorten(value))}: a database in memory would lose acknowledged jobs`
      : anyPath.refusal(value),
};
const queueNames = list(
  text('a queue name', 'a queue name', (value) => (QUEUE_NAME.test(value) ? value : undefined)),
  'a list of queue names (1 to 128 printable ASCII characters, no space at either end)',
);
const redactPaths = list(
  text('a path', 'a path', (value) => (parseRedactPath(value) === null ? undefined : value)),
  'a list of paths, such as "password" or "card.*"',
);
const signingSecrets = secretList(
  secret('a `whsec_` or `whsk_` secret', SIGNING_SECRET, (value) => parseSigningSecret(value) !== null),
  'a list of signing secrets',
);
const clientErrors = list(integer(400, 499), 'a list of integers from 400 to 499');

type Keys<Table> = { readonly [Field in keyof Table]: ConfigKey<Table[Field]> };

const server: Keys<Config['server']> = {
  host: key(
    'server.host',
    host,
    (config) => config.server.host,
    'Address to listen on; `::` means every address of IPv6 and IPv4.',
    { variable: 'MININQ_HOST', flag: '--host' },
  ),
  port: key(
    'server.port',
    integer(0, 65_535),
    (config) => config.server.port,
    'HTTP port; 0 takes any free one.',
    {
      variable: 'MININQ_PORT',
      flag: '--port',
    },
  ),
  dbPath: key(
    'server.db_path',
    path,
    (config) => config.server.dbPath,
    'Path to the SQLite database file, made if it is missing; relative to the working directory.',
    { variable: 'MININQ_DB_PATH', flag: '--db-path' },
  ),
  durability: key(
    'server.durability',
    choice(DURABILITIES),
    (config) => config.server.durability,
    'What acknowledged jobs survive: `normal` a crash of the process, `full` a power cut as well.',
  ),
  maxBodyBytes: key(
    'server.max_body_bytes',
    integer(1024, 104_857_600),
    (config) => config.server.maxBodyBytes,
    'Largest request body, in bytes; a larger one is refused with 413.',
  ),
  maxQueues: key(
    'server.max_queues',
    integer(1, 100_000),
    (config) => config.server.maxQueues,
    'Queues that there may be; what would make a further one is refused with 409.',
  ),
  maxJobs: key(
    'server.max_jobs',
    optional(integer(1, 1_000_000_000)),
    (config) => config.server.maxJobs,
    'Jobs that may be stored, finished ones too; what would make a further one is refused with 429. Leave it out for as many as the disk holds.',
  ),
  maxConnections: key(
    'server.max_connections',
    optional(integer(1, 1_000_000)),
    (config) => config.server.maxConnections,
    'Client connections at once; further ones are closed at once. Leave it out for what the limit of open files allows.',
  ),
  allowedHosts: key(
    'server.allowed_hosts',
    allowedHosts,
    (config) => config.server.allowedHosts,
    'Further host names under which clients may address the server.',
  ),
  trustedProxies: key(
    'server.trusted_proxies',
    trustedProxies,
    (config) => config.server.trustedProxies,
    'Proxies whose `X-Forwarded-For` says where a request comes from.',
  ),
};

const auth: Keys<Config['auth']> = {
  token: key(
    'auth.token',
    optional(token),
    (config) => config.auth.token,
    'Token of an admin, as `mininq token` makes it, or its digest.',
    { variable: 'MININQ_TOKEN' },
  ),
  tokens: key(
    'auth.tokens',
    secretList(namedToken, 'a list of tables { name, token, role }'),
    (config) => config.auth.tokens,
    'Further tokens, each with a name for the log and a role.',
  ),
  withoutToken: key(
    'auth.without_token',
    choice(WITHOUT_TOKEN),
    (config) => config.auth.withoutToken,
    'Who is answered while there is no token: clients of this machine (`loopback`), or `anyone`, as an admin.',
  ),
};

const egressEntries = list(
  text('a host name, `*.domain`, IP address or CIDR network', 'a host', (value) =>
    parseEgressEntry(value) === null ? undefined : value,
  ),
  'a list of host names, *.domains, IP addresses (without brackets) and networks such as 10.0.0.0/8',
);

const proxyUrl = secret(
  'an http or https URL, which may hold user and password',
  'the http or https URL of a proxy, such as http://user:password@proxy.example:3128, without a path',
  (value) => /^https?:\/\/[^/?#\\\s]+\/?$/i.test(value) && URL.canParse(value),
);

const egress: Keys<Omit<Config['egress'], 'tls'>> = {
  private: key(
    'egress.private',
    boolean,
    (config) => config.egress.private,
    'May callbacks reach this machine and private networks?',
  ),
  allow: key(
    'egress.allow',
    egressEntries,
    (config) => config.egress.allow,
    'What may be reached although it is private; what is never reachable otherwise, such as link-local addresses, by its very address only.',
  ),
  deny: key(
    'egress.deny',
    egressEntries,
    (config) => config.egress.deny,
    'What must not be reached, whatever `allow` says.',
  ),
  denyPorts: key(
    'egress.deny_ports',
    list(integer(1, 65_535), 'a list of ports'),
    (config) => config.egress.denyPorts,
    'Ports that must not be reached, on any host.',
  ),
  httpsOnly: key(
    'egress.https_only',
    boolean,
    (config) => config.egress.httpsOnly,
    'Must callbacks use https?',
  ),
  proxy: key(
    'egress.proxy',
    optional(proxyUrl),
    (config) => config.egress.proxy,
    'Forward proxy through which all deliveries go.',
  ),
};

const egressTls: Keys<Config['egress']['tls']> = {
  ca: key(
    'egress.tls.ca',
    optional(anyPath),
    (config) => config.egress.tls.ca,
    'File with certificates (PEM) of authorities that are trusted beside the well-known ones.',
  ),
  hosts: key(
    'egress.tls.hosts',
    listByPlace(tlsHost, 'a list of tables { host, cert, key, ca }'),
    (config) => config.egress.tls.hosts,
    'Client certificate and key for a host, and the only authorities to trust there: files in PEM. The first that fits counts.',
  ),
};

const worker: Keys<Omit<Config['worker'], 'retention'>> = {
  concurrency: key(
    'worker.concurrency',
    integer(1, 10_000),
    (config) => config.worker.concurrency,
    'Jobs that this process runs at once, at most.',
  ),
  pollIntervalMs: key(
    'worker.poll_interval_ms',
    integer(10, 3_600_000),
    (config) => config.worker.pollIntervalMs,
    'Milliseconds after which jobs that another process enqueued are seen at the latest; its own jobs start at once.',
  ),
  queues: key(
    'worker.queues',
    queueNames,
    (config) => config.worker.queues,
    'Queues that this process works on; empty means all.',
  ),
  reaperIntervalSecs: key(
    'worker.reaper_interval_secs',
    seconds,
    (config) => config.worker.reaperIntervalSecs,
    'Seconds between sweeps for jobs that were claimed, but got lost before they were delivered or settled. What a worker ran that died is found within seconds, whatever this says.',
  ),
  schedulerIntervalSecs: key(
    'worker.scheduler_interval_secs',
    seconds,
    (config) => config.worker.schedulerIntervalSecs,
    'Seconds between looks for due cron schedules.',
  ),
  retentionDays: key(
    'worker.retention_days',
    optional(integer(1, 36_500)),
    (config) => config.worker.retentionDays,
    'Days to keep completed and dead jobs; leave it out to keep them for ever.',
  ),
  cleanupIntervalSecs: key(
    'worker.cleanup_interval_secs',
    seconds,
    (config) => config.worker.cleanupIntervalSecs,
    'Seconds between clean-ups of finished jobs whose retention is over.',
  ),
};

const retentionByStatus: Keys<Config['worker']['retention']> = {
  completed: key(
    'worker.retention.completed',
    optional(retention),
    (config) => config.worker.retention.completed,
    'How long to keep completed jobs; left out, `retention_days` decides.',
  ),
  dead: key(
    'worker.retention.dead',
    optional(retention),
    (config) => config.worker.retention.dead,
    'How long to keep dead jobs; left out, `retention_days` decides.',
  ),
};

const defaults: Keys<Config['defaults']> = {
  maxRetries: key(
    'defaults.max_retries',
    count,
    (config) => config.defaults.maxRetries,
    'Deliveries that may follow the first one.',
  ),
  retryBackoff: key(
    'defaults.retry_backoff',
    choice(BACKOFF_STRATEGIES),
    (config) => config.defaults.retryBackoff,
    'How the delay grows from one retry to the next.',
  ),
  baseDelayMs: key(
    'defaults.base_delay_ms',
    count,
    (config) => config.defaults.baseDelayMs,
    'Milliseconds from which retry delays are computed.',
  ),
  maxDelayMs: key(
    'defaults.max_delay_ms',
    count,
    (config) => config.defaults.maxDelayMs,
    'Longest retry delay, in milliseconds.',
  ),
  timeoutMs: key(
    'defaults.timeout_ms',
    integer(1, INT32_MAX),
    (config) => config.defaults.timeoutMs,
    'Milliseconds that one delivery may take.',
  ),
  retryStatuses: key(
    'defaults.retry_statuses',
    clientErrors,
    (config) => config.defaults.retryStatuses,
    'Answers of 4xx that are retried as 5xx are; any other 4xx makes the job dead at once.',
  ),
  maxResultBytes: key(
    'defaults.max_result_bytes',
    integer(0, 16_777_216),
    (config) => config.defaults.maxResultBytes,
    "Bytes of the receiver's answer that are kept as the job's `result`.",
  ),
  cronDialect: key(
    'defaults.cron_dialect',
    choice(CRON_DIALECTS),
    (config) => config.defaults.cronDialect,
    'How new schedules read their day fields: `crontab` (1 is Monday; day of month or of week), `original` (1 is Sunday; and).',
  ),
  maxCrashes: key(
    'defaults.max_crashes',
    integer(1, INT32_MAX),
    (config) => config.defaults.maxCrashes,
    'Workers that may die while they run a job; with so many it is dead, as it takes them down.',
  ),
};

const privacy: Keys<Config['privacy']> = {
  redact: key(
    'privacy.redact',
    redactPaths,
    (config) => config.privacy.redact,
    'Values of payloads and answers that the dashboard and the log show as `***`, by their paths in the JSON.',
  ),
  encryptionKeys: key(
    'privacy.encryption_keys',
    encryptionKeys,
    (config) => config.privacy.encryptionKeys,
    'Keys for what jobs carry, in the database file: the first one encrypts, all decrypt; empty, nothing is encrypted.',
  ),
};

const signing: Keys<Config['signing']> = {
  secrets: key(
    'signing.secrets',
    signingSecrets,
    (config) => config.signing.secrets,
    'Secrets that sign deliveries of queues without secrets of their own, the newest first.',
  ),
};

const logging: Keys<Config['logging']> = {
  level: key(
    'logging.level',
    choice(LOG_LEVELS),
    (config) => config.logging.level,
    'Least severity that is logged.',
    { variable: 'MININQ_LOG_LEVEL', flag: '--log-level' },
  ),
  format: key(
    'logging.format',
    choice(LOG_FORMATS),
    (config) => config.logging.format,
    '`json`: one object a line. `pretty`: for people. `auto`: `pretty` on a terminal, else `json`.',
    { variable: 'MININQ_LOG_FORMAT' },
  ),
};

/** Every key, in the order of the documentation. */
export const CONFIG_KEYS = [
  ...Object.values(server),
  ...Object.values(auth),
  ...Object.values(egress),
  ...Object.values(egressTls),
  ...Object.values(worker),
  ...Object.values(retentionByStatus),
  ...Object.values(defaults),
  ...Object.values(privacy),
  ...Object.values(signing),
  ...Object.values(logging),
];

/** The configuration made of what `read` gives for each key. */
export function configFrom(read: <T>(key: ConfigKey<T>) => T): Config {
  return {
    server: {
      host: read(server.host),
      port: read(server.port),
      dbPath: read(server.dbPath),
      durability: read(server.durability),
      maxBodyBytes: read(server.maxBodyBytes),
      maxQueues: read(server.maxQueues),
      maxJobs: read(server.maxJobs),
      maxConnections: read(server.maxConnections),
      allowedHosts: read(server.allowedHosts),
      trustedProxies: read(server.trustedProxies),
    },
    auth: { token: read(auth.token), tokens: read(auth.tokens), withoutToken: read(auth.withoutToken) },
    egress: {
      private: read(egress.private),
      allow: read(egress.allow),
      deny: read(egress.deny),
      denyPorts: read(egress.denyPorts),
      httpsOnly: read(egress.httpsOnly),
      proxy: read(egress.proxy),
      tls: { ca: read(egressTls.ca), hosts: read(egressTls.hosts) },
    },
    worker: {
      concurrency: read(worker.concurrency),
      pollIntervalMs: read(worker.pollIntervalMs),
      queues: read(worker.queues),
      reaperIntervalSecs: read(worker.reaperIntervalSecs),
      schedulerIntervalSecs: read(worker.schedulerIntervalSecs),
      retentionDays: read(worker.retentionDays),
      cleanupIntervalSecs: read(worker.cleanupIntervalSecs),
      retention: { completed: read(retentionByStatus.completed), dead: read(retentionByStatus.dead) },
    },
    defaults: {
      maxRetries: read(defaults.maxRetries),
      retryBackoff: read(defaults.retryBackoff),
      baseDelayMs: read(defaults.baseDelayMs),
      maxDelayMs: read(defaults.maxDelayMs),
      timeoutMs: read(defaults.timeoutMs),
      retryStatuses: read(defaults.retryStatuses),
      maxResultBytes: read(defaults.maxResultBytes),
      cronDialect: read(defaults.cronDialect),
      maxCrashes: read(defaults.maxCrashes),
    },
    privacy: { redact: read(privacy.redact), encryptionKeys: read(privacy.encryptionKeys) },
    signing: { secrets: read(signing.secrets) },
    logging: { level: read(logging.level), format: read(logging.format) },
  };
}
