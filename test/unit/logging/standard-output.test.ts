import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LOG_LEVELS } from '../../../src/application/config.js';
import { PinoLogger } from '../../../src/infrastructure/logging/pino-logger.js';
import { fileOutput, flushed, streamOutput } from '../../../src/infrastructure/logging/standard-output.js';
import { eventually } from '../../support/eventually.js';

/** A stream that takes nothing until its reader wakes. */
class Sleepy extends Writable {
  readonly taken: string[] = [];
  #awake = false;
  #wake: (() => void) | undefined;

  override _write(chunk: Buffer, _encoding: unknown, done: () => void): void {
    this.taken.push(chunk.toString());
    if (this.#awake) done();
    else this.#wake = done;
  }

  wake(): void {
    this.#awake = true;
    this.#wake?.();
  }

  sleep(): void {
    this.#awake = false;
  }
}

const FORMATS = ['json', 'pretty'] as const;
const KIB = 'x'.repeat(1024);

describe('a stream', () => {
  test.each(FORMATS)(
    '%s: lines beyond the bound are dropped, and counted where they are missing',
    (format) => {
      const stream = new Sleepy();
      const log = new PinoLogger({ level: 'info', format, destination: streamOutput(stream) });
      for (let line = 0; line < 5000; line += 1) log.info(KIB);
      expect(stream.writableLength).toBeLessThan(1_048_576 + 2 * KIB.length);
      stream.wake();
      return eventually('all is out', () => stream.writableLength === 0).then(() => {
        const kept = stream.taken.filter((line) => line.includes(KIB)).length;
        expect(kept).toBeGreaterThan(900);
        expect(stream.taken.at(-1)).toMatch(new RegExp(`error.*"dropped_lines":${5000 - kept}\\D`, 'i'));
        log.info('goes on');
        expect(stream.taken.at(-1)).toContain('goes on');
      });
    },
  );

  test.each(LOG_LEVELS)('what is missing is said at level %s, each time', async (level) => {
    const stream = new Sleepy();
    const log = new PinoLogger({ level, format: 'json', destination: streamOutput(stream) });
    for (const time of [1, 2]) {
      stream.sleep();
      for (let line = 0; line < 2000; line += 1) log.error(KIB);
      stream.wake();
      await eventually('all is out', () => stream.writableLength === 0);
      expect(stream.taken.filter((line) => line.includes('dropped_lines'))).toHaveLength(time);
    }
  });

  test('a reader that has gone costs lines, not the program', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    for (const format of FORMATS) {
      const log = new PinoLogger({ level: 'info', format, destination: streamOutput(stream) });
      for (let line = 0; line < 3000; line += 1) log.info(KIB);
    }
    await eventually('the stream is closed', () => stream.closed);
    expect(stream.listenerCount('error')).toBe(1);
    await flushed([stream], 60_000);
  });
});

describe('a file', () => {
  function open(): { readonly fd: number; readonly text: () => string } {
    const directory = mkdtempSync(join(tmpdir(), 'mininq-log-'));
    const fd = openSync(join(directory, 'log'), 'w');
    onTestFinished(() => {
      closeSync(fd);
      rmSync(directory, { recursive: true });
    });
    return { fd, text: () => readFileSync(join(directory, 'log'), 'utf8') };
  }

  test('every line is out when the call returns', () => {
    const { fd, text } = open();
    for (const format of FORMATS) {
      const log = new PinoLogger({ level: 'info', format, destination: fileOutput(fd) });
      for (let line = 0; line < 100; line += 1) log.info(KIB);
    }
    expect(text().split('\n')).toHaveLength(201);
  });

  test.skipIf(!existsSync('/dev/full'))('a full disk costs lines, not the program', () => {
    const fd = openSync('/dev/full', 'w');
    const log = new PinoLogger({ level: 'info', format: 'json', destination: fileOutput(fd) });
    for (let line = 0; line < 3000; line += 1) log.info(KIB);
    closeSync(fd);
  });
});

describe('flushed', () => {
  test('waits until all is out', async () => {
    const [slow, idle] = [new Sleepy(), new Sleepy()];
    idle.wake();
    slow.write('a line\n');
    let done = false;
    const out = flushed([slow, idle], 60_000).then(() => (done = true));
    await new Promise(setImmediate);
    expect(done).toBe(false);
    slow.wake();
    await out;
  });

  test('but not for ever', async () => {
    const stuck = new Sleepy();
    stuck.write('a line\n');
    await flushed([stuck], 1);
    expect(stuck.writableLength).toBeGreaterThan(0);
  });
});
