import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { parseStat, SystemProcesses } from '../../../src/infrastructure/process/system-processes.js';
import { eventually } from '../../support/eventually.js';

const { self, ...processes } = bound(new SystemProcesses());
const onLinux = test.skipIf(process.platform !== 'linux');

function bound(system: SystemProcesses) {
  return { self: system.self, hasEnded: system.hasEnded.bind(system) };
}

/** A child that lives until it is killed. */
function child(): { readonly pid: number } {
  const started = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => {
    started.kill('SIGKILL');
  });
  const { pid } = started;
  if (pid === undefined) throw new Error('the child was started');
  return { pid };
}

test('this process is named by its machine, its pid and its start, the same each time, and lives', () => {
  expect(self).toMatchObject({ pid: process.pid, host: hostname() });
  expect(new SystemProcesses().self).toEqual(self);
  expect(processes.hasEnded(self)).toBe(false);
});

test('another process has ended as soon as it has', async () => {
  const { pid } = child();
  const other = { pid, space: self.space, birth: null };
  expect(processes.hasEnded(other)).toBe(false);
  process.kill(pid, 'SIGKILL');
  await eventually('it has ended', () => processes.hasEnded(other));
});

onLinux('one that has the pid of an earlier process is not that one', () => {
  expect(processes.hasEnded({ ...self, birth: '1' })).toBe(true);
  expect(processes.hasEnded({ ...self, birth: null })).toBe(false);
});

test('of another machine, or of one that is not known, nothing is said', () => {
  const gone = { pid: 2 ** 22 + 1, birth: '1' };
  expect(processes.hasEnded({ ...gone, space: self.space })).toBe(true);
  expect(processes.hasEnded({ ...gone, space: 'another' })).toBe(false);
  expect(processes.hasEnded({ ...gone, space: null })).toBe(false);
});

onLinux('a process of another user lives', () => {
  // The first process of the machine, or of the container.
  expect(processes.hasEnded({ pid: 1, space: self.space, birth: null })).toBe(false);
});

onLinux('a zombie has ended, though nobody has buried it yet', async () => {
  // The shell becomes a program that does not wait for its child.
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => {
    parent.kill('SIGKILL');
  });
  let line = '';
  parent.stdout.setEncoding('utf8').on('data', (text: string) => (line += text));
  const pid = await eventually('the pid', () => Number(line.trim()) || null);
  await eventually('no shell', () => readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'sleep\n');
  const zombie = { pid, space: self.space, birth: null };
  expect(processes.hasEnded(zombie)).toBe(false);
  process.kill(pid, 'SIGKILL');
  await eventually('it has ended', () => processes.hasEnded(zombie));
  // Its number is still taken.
  expect(process.kill(pid, 0)).toBe(true);
});

test.each([
  ['a plain name', '12 (node) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 777 20', 'S', '777'],
  ['one with spaces', '12 (a b c) R 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 777 20', 'R', '777'],
  [
    'one that looks like the end',
    '12 (x) Z 9) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 777',
    'S',
    '777',
  ],
])('the line of a process with %s', (_, line, state, startedAt) => {
  expect(parseStat(line)).toEqual({ state, startedAt });
});

test.each(['', '12 (node)', '12 (node) S 1 2'])('a line that is cut off says nothing: %j', (line) => {
  expect(parseStat(line)).toBeNull();
});
