import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { programs } from '../support/program.js';

const { folder, run, serve } = programs();

async function refusal(cwd: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const program = run({ cwd, args, env });
  const { code } = await program.exited;
  expect(program.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(program.stderr).not.toMatch(/\n\s+at /);
  return { code, message: program.stderr.trimEnd() };
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
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const npm = spawn(
    'npm',
    ['start', '--', '--port', '0', '--host', '127.0.0.1', '--db-path', join(cwd, 'x.db')],
    {
      cwd: root,
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
