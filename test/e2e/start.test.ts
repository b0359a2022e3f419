import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { MAIN, programs } from '../support/program.js';

const { folder, run, serve } = programs();
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

async function refusal(
  cwd: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
  main = MAIN,
) {
  const program = run({ cwd, args, env, command: [process.execPath, main] });
  const { code } = await program.exited;
  expect(program.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(program.stderr).not.toMatch(/\n\s+at /);
  return { code, message: program.stderr.trimEnd() };
}

/** The program as it is after an install that built nothing. */
async function withoutDriver(target: string): Promise<string> {
  for (const name of ['dist', 'drizzle', 'package.json']) {
    await cp(join(ROOT, name), join(target, name), { recursive: true });
  }
  const modules = join(ROOT, 'node_modules');
  await mkdir(join(target, 'node_modules'));
  for (const name of await readdir(modules)) {
    if (name === 'better-sqlite3') continue;
    await symlink(join(modules, name), join(target, 'node_modules', name));
  }
  await cp(join(modules, 'better-sqlite3'), join(target, 'node_modules', 'better-sqlite3'), {
    recursive: true,
    filter: (path) => !/better-sqlite3\/(?:build|deps)$/.test(path),
  });
  return join(target, 'dist', 'main.js');
}

async function hash(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

describe('a start that cannot be ends with one line, and touches no file', () => {
  test('port in use', async () => {
    const cwd = await folder();
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const { code, message } = await refusal(cwd, ['--host', '127.0.0.1', '--port', port]);
    other.close();
    expect(code).toBe(1);
    expect(message).toMatch(new RegExp(`^mininq: .*port ${port}.*in use`));
    expect(await readdir(cwd)).toEqual([]);
  });

  test("another program's database", async () => {
    const cwd = await folder();
    const path = join(cwd, 'mininq.db');
    const foreign = new Database(path);
    foreign.exec('CREATE TABLE customers (name TEXT)');
    foreign.close();
    const before = await hash(path);
    const { code, message } = await refusal(cwd, ['--port', '0']);
    expect(code).toBe(1);
    expect(message).toContain('a SQLite database, but not one of mininq');
    expect(await hash(path)).toBe(before);
  });

  test('no database at all', async () => {
    const cwd = await folder();
    await writeFile(join(cwd, 'mininq.db'), 'hello'.repeat(1000));
    const before = await hash(join(cwd, 'mininq.db'));
    const { code, message } = await refusal(cwd, ['--port', '0']);
    expect(code).toBe(1);
    expect(message).toContain('not a SQLite database');
    expect(await hash(join(cwd, 'mininq.db'))).toBe(before);
  });

  test('a database in a folder that does not exist', async () => {
    const { code, message } = await refusal(await folder(), ['--port', '0', '--db-path', 'no/where.db']);
    expect(code).toBe(1);
    expect(message).toContain('check that the directory exists');
  });

  test('a driver that is not built for this Node.js', async () => {
    const cwd = await folder();
    const main = await withoutDriver(await folder());
    const { code, message } = await refusal(cwd, ['--port', '0'], {}, main);
    expect(code).toBe(1);
    expect(message).toMatch(/^mininq: .*run: npm rebuild better-sqlite3$/);
  });

  test.each([
    ['[worker]\nconcurency = 3\n', [], {}, /worker\.concurency.*did you mean.*concurrency/i],
    ['[server]\nport = "6390"\n', [], {}, /server\.port/],
    ['[auth]\ntoken = "x"\n', [], {}, /auth/],
    ['', ['--port', '70000'], {}, /--port/],
    ['', ['--config', 'missing.toml'], {}, /missing\.toml/],
    ['', [], { MININQ_WORKER_CONCURRENCY: 'many' }, /MININQ_WORKER_CONCURRENCY/],
  ])('configuration %j %j %j', async (config, args, env, expected) => {
    const cwd = await folder(config);
    const { code, message } = await refusal(cwd, args, env);
    expect(code).toBe(78);
    expect(message).toMatch(expected);
    expect((await readdir(cwd)).filter((name) => name.endsWith('.db'))).toEqual([]);
  });
});

describe('the command line', () => {
  test('check prints every value with its origin and starts nothing', async () => {
    const cwd = await folder('[worker]\nconcurrency = 3\n');
    const program = run({ cwd, args: ['check', '--port', '7000'], env: { MININQ_LOG_LEVEL: 'warn' } });
    expect(await program.exited).toMatchObject({ code: 0 });
    expect(program.stdout).toMatch(/port\s*=\s*7000\s.*--port/);
    expect(program.stdout).toMatch(/concurrency\s*=\s*3\s.*mininq\.toml/);
    expect(program.stdout).toMatch(/level\s*=\s*"warn"\s.*MININQ_LOG_LEVEL/);
    expect(await readdir(cwd)).toEqual(['mininq.toml']);
  });

  test('--help and --version', async () => {
    const cwd = await folder();
    const [help, version] = [run({ cwd, args: ['--help'] }), run({ cwd, args: ['--version'] })];
    expect((await help.exited).code).toBe(0);
    for (const flag of ['--config', '--host', '--port', '--db-path', '--log-level', '--help']) {
      expect(help.stdout).toContain(flag);
    }
    expect((await version.exited).code).toBe(0);
    expect(version.stdout).toMatch(/\d+\.\d+\.\d+/);
  });

  test('the database is mininq.db in the current directory', async () => {
    const cwd = await folder();
    const { program } = await serve(cwd);
    program.signal('SIGTERM');
    expect((await program.exited).code).toBe(0);
    expect(await readdir(cwd)).toEqual(['mininq.db']);
  });
});

test('npm start passes flags and signals on', async () => {
  const cwd = await folder();
  const npm = spawn(
    'npm',
    ['start', '--', '--port', '0', '--host', '127.0.0.1', '--db-path', join(cwd, 'x.db')],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const exited = new Promise((resolve) => npm.once('close', resolve));
  let out = '';
  await new Promise<void>((resolve, reject) => {
    npm.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.includes('"url":"http')) resolve();
    });
    npm.once('close', () => reject(new Error(`npm start ended:\n${out}`)));
  });
  expect(await readdir(cwd)).toContain('x.db');
  npm.kill('SIGTERM');
  await exited;
  expect(out).toContain('"msg":"stopped"');
});
