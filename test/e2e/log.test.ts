import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { programs, type Program } from '../support/program.js';

const { folder, serve } = programs();

const REQUESTS = 10_000;

/** A server whose log nobody reads, and that has had to log more than it may keep. */
async function stalled(): Promise<{ readonly program: Program; readonly url: string }> {
  const { program, api } = await serve(await folder(), ['--log-level', 'debug']);
  program.stopReading();
  const { hostname, port, host } = new URL(api.url);
  const socket = connect({ host: hostname, port: Number(port) });
  const path = `/${'x'.repeat(90)}`;
  const request = (connection: string) =>
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: ${connection}\r\n\r\n`;
  socket.write(request('keep-alive').repeat(REQUESTS - 1) + request('close'));
  const answers = await text(socket);
  expect(answers.match(/HTTP\/1\.1 404/g)).toHaveLength(REQUESTS);
  return { program, url: api.url };
}

test('a log that nobody reads holds up neither answers nor the stop', async () => {
  const { program, url } = await stalled();
  expect((await fetch(`${url}/health`)).status).toBe(200);
  program.signal('SIGTERM');
  await eventually('the program ends', () => program.ended);
  program.readOn();
  expect(await program.exited).toEqual({ code: 0, signal: null });
  expect(program.stderr).toBe('');
});

test('a late reader is told how much it has missed', async () => {
  const { program } = await stalled();
  program.readOn();
  const gap = await eventually('the gap is told', () =>
    program.log.find((line) => typeof line['dropped_lines'] === 'number'),
  );
  expect(gap.level).toBe('error');
  const read = program.log.filter(({ msg }) => msg === 'request').length;
  expect(read + Number(gap['dropped_lines'])).toBe(REQUESTS);
});

test('what waits for its reader still arrives when the program ends', async () => {
  const { program } = await stalled();
  program.signal('SIGTERM');
  program.readOn();
  expect((await program.exited).code).toBe(0);
  expect(program.log.filter((line) => 'dropped_lines' in line)).toHaveLength(1);
  expect(program.stdout.endsWith('\n')).toBe(true);
});
