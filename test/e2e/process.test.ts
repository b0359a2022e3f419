import { spawnSync } from 'node:child_process';
import { chmod, chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Api, MAIN, programs, type Program } from '../support/program.js';
import { receivers } from '../support/receiver.js';

const { folder, run } = programs();
const receiver = receivers();
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SERVE = ['--host', '127.0.0.1', '--port', '0'];
const TOKEN = 'a-token-of-the-tests-0123456789';
const NOBODY = 65_534;
const FILES = ['mininq.db', 'mininq.db-wal', 'mininq.db-shm'];
const WARNING = 'others on this machine can read a file that is not for them';

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

async function expectDelivery(program: Program): Promise<void> {
  const target = await receiver();
  const api = new Api(await program.url());
  const { id } = await api.enqueue({ callback_url: target.url });
  await api.until(id, 'completed');
  expect(target.requests).toHaveLength(1);
}

/** The files of which the log warns, and with what modes. */
function warnings(program: Program): unknown[] {
  return program.log.filter(({ msg }) => msg === WARNING).map(({ file, mode }) => [file, mode]);
}

describe('files', () => {
  test.each(['000', '022', '077'])('are for their owner alone, under a umask of %s', async (umask) => {
    const cwd = await folder();
    const command = ['sh', '-c', `umask ${umask}; exec "$0" "$@"`, process.execPath, MAIN] as const;
    const program = run({ cwd, args: SERVE, command });
    await expectDelivery(program);
    expect(await Promise.all(FILES.map((name) => modeOf(join(cwd, name))))).toEqual(['600', '600', '600']);
    expect(warnings(program)).toEqual([]);
  });

  test('that others can read are named in a line each, and left as they are', async () => {
    const cwd = await folder(`[[auth.tokens]]\nname = "a"\nrole = "admin"\ntoken = "${TOKEN}"\n`);
    const [config, secret, db] = [join(cwd, 'mininq.toml'), join(cwd, 'secret'), join(cwd, 'mininq.db')];
    await writeFile(secret, `${TOKEN}-2`);
    await writeFile(db, '');
    for (const [path, mode] of [
      [config, 0o640],
      [secret, 0o604],
      [db, 0o644],
    ] as const)
      await chmod(path, mode);
    const program = run({ cwd, args: SERVE, env: { MININQ_TOKEN_FILE: 'secret' } });
    await program.url();
    expect(warnings(program)).toEqual([
      [secret, '0604'],
      [config, '0640'],
      ['mininq.db', '0644'],
    ]);
    expect(await modeOf(db)).toBe('644');
    expect(program.stdout).not.toContain(TOKEN);
  });

  test('without a secret may be read by all', async () => {
    const cwd = await folder('[worker]\nconcurrency = 2\n');
    await chmod(join(cwd, 'mininq.toml'), 0o644);
    const program = run({ cwd, args: SERVE });
    await program.url();
    expect(warnings(program)).toEqual([]);
  });
});

// Only root may become another user.
const isRoot = process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0;
if (!isRoot)
  process.stderr.write(
    'SKIPPED: another user on a read-only tree, as these tests do not run as root with setpriv\n',
  );

test.skipIf(!isRoot)(
  'another user than root runs it, with one writable directory on a read-only tree',
  async () => {
    const cwd = await folder();
    await chown(cwd, NOBODY, NOBODY);
    const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] as const;
    const canWrite = (path: string) =>
      spawnSync(asNobody[0], [...asNobody.slice(1), 'test', '-w', path]).status === 0;
    expect([ROOT, join(ROOT, 'dist'), join(ROOT, 'drizzle'), cwd].map(canWrite)).toEqual([
      false,
      false,
      false,
      true,
    ]);
    const program = run({ cwd, args: SERVE, command: [...asNobody, process.execPath, MAIN] });
    await expectDelivery(program);
    program.signal('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });
    const { uid, mode } = await stat(join(cwd, 'mininq.db'));
    expect([uid, mode & 0o777]).toEqual([NOBODY, 0o600]);
  },
);

describe("Node's permission model", () => {
  const flag = ['--permission', '--experimental-permission'].find((name) =>
    process.allowedNodeEnvironmentFlags.has(name),
  );
  const net = process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : [];
  /** As docs/operations.md has it. */
  const permissions = (cwd: string) => [
    ...[flag ?? '', '--allow-addons', '--allow-worker', ...net],
    ...[ROOT, cwd, '/etc/*', '/proc/*'].map((path) => `--allow-fs-read=${path.replace(/\/$/, '')}`),
    `--allow-fs-write=${cwd}`,
  ];
  const command = (cwd: string) => [process.execPath, ...permissions(cwd), MAIN] as const;

  test('lets it do its work', async () => {
    const cwd = await folder();
    const program = run({ cwd, args: SERVE, command: command(cwd) });
    await expectDelivery(program);
    program.signal('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });
  });

  test('keeps it from files that are none of its own', async () => {
    const [cwd, elsewhere] = [await folder(), await folder()];
    await mkdir(join(elsewhere, 'x'));
    const secret = join(elsewhere, 'x', 'secret');
    await writeFile(secret, TOKEN);
    const program = run({ cwd, args: SERVE, command: command(cwd), env: { MININQ_TOKEN_FILE: secret } });
    expect((await program.exited).code).toBe(78);
    expect(program.stderr).toContain(`MININQ_TOKEN_FILE: ${secret}: cannot be read (ERR_ACCESS_DENIED)`);
  });
});
