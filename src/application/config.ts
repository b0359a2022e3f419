import { DAY_MS, FOR_EVER, type Retention } from '../domain/job/retention.js';
import type { QueueSettings } from '../domain/queue/queue.js';
import { DEFAULT_MAX_CONCURRENCY } from '../domain/queue/queue.js';
import type { BackoffStrategy } from '../domain/retry/backoff.js';
import type { CronDialect } from '../domain/schedule/cron-fields.js';
import type { EgressSettings } from '../domain/egress/egress-policy.js';
import { StartupError } from './errors.js';
import type { Role } from './principal.js';
import type { Secret } from './secret.js';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ['auto', 'json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];
export const DURABILITIES = ['normal', 'full'] as const;
export type Durability = (typeof DURABILITIES)[number];
export const WITHOUT_TOKEN = ['loopback', 'anyone'] as const;
export type WithoutToken = (typeof WITHOUT_TOKEN)[number];

/** The effective configuration. docs/configuration.md explains each value. */
export interface Config {
  readonly server: {
    readonly host: string;
    readonly port: number;
    readonly dbPath: string;
    readonly durability: Durability;
    readonly maxBodyBytes: number;
    readonly maxQueues: number;
    /** null: as many as the disk holds. */
    readonly maxJobs: number | null;
    /** null: as many as the limit of open files allows. */
    readonly maxConnections: number | null;
    /** Further Host names to answer, lower case. */
    readonly allowedHosts: readonly string[];
    /** Addresses and networks. */
    readonly trustedProxies: readonly string[];
  };
  readonly auth: {
    /** Of an admin; null: none. */
    readonly token: Secret | null;
    readonly tokens: readonly NamedToken[];
    /** Who is answered while there is no token. */
    readonly withoutToken: WithoutToken;
  };
  readonly egress: EgressSettings & {
    /** URL of a forward proxy, perhaps with user and password; null: none. */
    readonly proxy: Secret | null;
    readonly tls: {
      /** Path of a file with further authorities; null: none. */
      readonly ca: string | null;
      readonly hosts: readonly TlsHost[];
    };
  };
  readonly worker: {
    readonly concurrency: number;
    readonly pollIntervalMs: number;
    /** Empty: all queues. */
    readonly queues: readonly string[];
    readonly reaperIntervalSecs: number;
    readonly schedulerIntervalSecs: number;
    /** For finished jobs of which nothing else is said; null: they are kept for ever. */
    readonly retentionDays: number | null;
    /** Milliseconds; null: `retentionDays` decides. */
    readonly retention: {
      readonly completed: number | null;
      readonly dead: number | null;
    };
    readonly cleanupIntervalSecs: number;
  };
  readonly defaults: JobDefaults;
  readonly privacy: {
    /** Paths of what is hidden from those who look on; see Redaction. */
    readonly redact: readonly string[];
    /** The first one encrypts what jobs carry, all decrypt; none: it is stored as it is. */
    readonly encryptionKeys: readonly Secret[];
  };
  readonly signing: {
    /** Of queues that have none of their own, the newest first; see parseSigningSecret. */
    readonly secrets: readonly Secret[];
  };
  readonly logging: {
    readonly level: LogLevel;
    readonly format: LogFormat;
  };
}

export interface NamedToken {
  /** Whose it is, for the log. */
  readonly name: string;
  /** The token, or `sha256:` and its digest in hexadecimal. */
  readonly token: Secret;
  readonly role: Role;
  /** Requests per second; absent: any number. */
  readonly rateLimit?: number;
}

/** TLS to hosts of their own kind: `host` is an entry as in `egress.allow`, the others are paths of files in PEM. */
export interface TlsHost {
  readonly host: string;
  readonly cert: string | null;
  readonly key: string | null;
  readonly ca: string | null;
}

/** For jobs, queues and schedules that don't say. */
export interface JobDefaults {
  readonly maxRetries: number;
  readonly retryBackoff: BackoffStrategy;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly timeoutMs: number;
  readonly retryStatuses: readonly number[];
  readonly maxResultBytes: number;
  readonly cronDialect: CronDialect;
  /** A job during which so many workers died is dead. */
  readonly maxCrashes: number;
}

export const DEFAULT_CONFIG: Config = {
  server: {
    host: '0.0.0.0',
    port: 6390,
    dbPath: 'mininq.db',
    durability: 'normal',
    maxBodyBytes: 1_048_576,
    maxQueues: 10_000,
    maxJobs: null,
    maxConnections: null,
    allowedHosts: [],
    trustedProxies: [],
  },
  auth: { token: null, tokens: [], withoutToken: 'loopback' },
  egress: {
    private: true,
    allow: [],
    deny: [],
    // Services that would take a request for commands of theirs, or must not be spoken to by who may enqueue.
    denyPorts: [22, 23, 25, 110, 143, 445, 465, 587, 2375, 3306, 5432, 6379, 11211],
    httpsOnly: false,
    proxy: null,
    tls: { ca: null, hosts: [] },
  },
  worker: {
    concurrency: 10,
    pollIntervalMs: 500,
    queues: [],
    reaperIntervalSecs: 30,
    schedulerIntervalSecs: 15,
    retentionDays: null,
    retention: { completed: null, dead: null },
    cleanupIntervalSecs: 3600,
  },
  defaults: {
    maxRetries: 3,
    retryBackoff: 'exponential',
    baseDelayMs: 1000,
    maxDelayMs: 300_000,
    timeoutMs: 30_000,
    retryStatuses: [408, 425, 429],
    maxResultBytes: 65_536,
    cronDialect: 'crontab',
    maxCrashes: 3,
  },
  privacy: { redact: [], encryptionKeys: [] },
  signing: { secrets: [] },
  logging: { level: 'info', format: 'auto' },
};

/** The settings of a queue that is created by its first job, or explicitly without saying more. */
export function queueDefaults(defaults: JobDefaults): QueueSettings {
  return {
    maxConcurrency: DEFAULT_MAX_CONCURRENCY,
    rateLimitRps: null,
    maxDepth: null,
    maxRetries: defaults.maxRetries,
    retryBackoff: defaults.retryBackoff,
    baseDelayMs: defaults.baseDelayMs,
    maxDelayMs: defaults.maxDelayMs,
    retentionCompletedMs: null,
    retentionDeadMs: null,
    signingSecrets: null,
  };
}

/** How long finished jobs are kept on queues that don't say. */
export function retentionOf(worker: Config['worker']): Retention {
  const { retentionDays, retention } = worker;
  const otherwise = retentionDays === null ? FOR_EVER : retentionDays * DAY_MS;
  return { completed: retention.completed ?? otherwise, dead: retention.dead ?? otherwise };
}

/** The file that is read, if it exists, when no other is named. */
export const DEFAULT_CONFIG_FILE = 'mininq.toml';

/** The flags that give configuration. */
export const FLAG_NAMES = ['--config', '--host', '--port', '--db-path', '--log-level'] as const;
export type FlagName = (typeof FLAG_NAMES)[number];
/** As the command line has them: not yet checked. */
export type ConfigFlags = Readonly<Partial<Record<FlagName, string>>>;

/** What the configuration is made from, in order of precedence; `cwd` is where a relative path of the file starts. */
export interface ConfigSources {
  readonly flags: ConfigFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** By key (`server.port`): `default`, `file mininq.toml`, `environment MININQ_PORT` or `flag --port`. */
  readonly origins: ReadonlyMap<string, string>;
  /** The paths of the files in which secrets stand. */
  readonly secretFiles: readonly string[];
}

/** A configuration that cannot be used; the message is one line that names the place and says how to mend it. */
export class ConfigError extends StartupError {
  /** EX_CONFIG of sysexits.h. */
  readonly exitCode = 78;
}
