import { expect, test } from 'vitest';
import { describeConfig } from '../../../src/interfaces/cli/describe-config.js';
import { load } from '../config/load.js';

const given = {
  file: '[server]\ndb_path = "C:\\\\jobs \\"1\\".db"\n[worker]\nretention_days = 7\nretention = { dead = "12h" }\n',
  env: { MININQ_WORKER_QUEUES: 'a,b', MININQ_DEFAULTS_RETRY_STATUSES: '' },
  flags: { '--port': '7000' },
};

test('prints every value in TOML, with its origin', () => {
  expect(describeConfig(load(given))).toBe(`[server]
host = "0.0.0.0"                  # default
port = 7000                       # flag --port
db_path = "C:\\\\jobs \\"1\\".db"     # file mininq.toml
durability = "normal"             # default
max_body_bytes = 1048576          # default
max_queues = 10000                # default
# max_jobs is not set             # default
# max_connections is not set      # default
allowed_hosts = []                # default
trusted_proxies = []              # default

[auth]
# token is not set                # default
# tokens = []                     # default
without_token = "loopback"        # default

[egress]
private = true                    # default
allow = []                        # default
deny = []                         # default
deny_ports = [22, 23, 25, 110, 143, 445, 465, 587, 2375, 3306, 5432, 6379, 11211]  # default
https_only = false                # default
# proxy is not set                # default
# tls.ca is not set               # default
tls.hosts = []                    # default

[worker]
concurrency = 10                  # default
poll_interval_ms = 500            # default
queues = ["a", "b"]               # environment MININQ_WORKER_QUEUES
reaper_interval_secs = 30         # default
scheduler_interval_secs = 15      # default
retention_days = 7                # file mininq.toml
cleanup_interval_secs = 3600      # default
# retention.completed is not set  # default
retention.dead = "12h"            # file mininq.toml

[defaults]
max_retries = 3                   # default
retry_backoff = "exponential"     # default
base_delay_ms = 1000              # default
max_delay_ms = 300000             # default
timeout_ms = 30000                # default
retry_statuses = []               # environment MININQ_DEFAULTS_RETRY_STATUSES
max_result_bytes = 65536          # default
cron_dialect = "crontab"          # default
max_crashes = 3                   # default

[privacy]
redact = []                       # default
# encryption_keys = []            # default

[signing]
# secrets = []                    # default

[logging]
level = "info"                    # default
format = "auto"                   # default
`);
});

test('says which value is not set', () => {
  expect(describeConfig(load({}))).toContain('\n# retention_days is not set       # default\n');
});

test('shows nothing of a secret but that it is there', () => {
  const secret = 'correct-horse-battery';
  const loaded = load({
    file: `[auth]\ntokens = [{ name = "app", token = "${secret}", role = "viewer" }]\n`,
    env: { MININQ_TOKEN: secret },
  });
  const text = describeConfig(loaded);
  expect(text).toMatch(/^# token = \(set\) +# environment MININQ_TOKEN$/m);
  expect(text).toMatch(
    /^# tokens = \[\{ name = "app", token = \(set\), role = "viewer" \}\] +# file mininq\.toml$/m,
  );
  expect(text).not.toContain(secret);
  expect(load({ file: text }).config).toEqual(load({}).config);
});

test('a long value moves its own origin only', () => {
  const lines = describeConfig(load({ env: { MININQ_DB_PATH: 'x'.repeat(80) } })).split('\n');
  expect(lines[1]).toBe(`${'host = "0.0.0.0"'.padEnd(32)}  # default`);
  expect(lines[3]).toBe(`db_path = "${'x'.repeat(80)}"  # environment MININQ_DB_PATH`);
});

test.each([{ sources: {} }, { sources: given }])(
  'what it prints is a config file to the same effect',
  ({ sources }) => {
    const { config } = load(sources);
    expect(load({ file: describeConfig(load(sources)) }).config).toEqual(config);
  },
);
