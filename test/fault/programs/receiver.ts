/**
 * A webhook's receiver in a process of its own: appends `+ job attempt arrived` to the ledger when a request has
 * arrived, and `- job attempt arrived answered` before it answers. How it answers is said by the query of the URL:
 *
 *   delay=200     milliseconds until the answer
 *   status=503    what it answers, 200 if it is not said
 *   fails=2       ... but only to the first two attempts, and 200 to those after them
 *   size=60000    bytes of the answer's body
 *   hang          no answer at all
 */
import { openSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

const ledger = openSync(process.argv[2] ?? '', 'a');

function receive(request: IncomingMessage, response: ServerResponse): void {
  const { searchParams: query } = new URL(request.url ?? '/', 'http://receiver');
  const attempt = Number(request.headers['x-mininq-attempt']);
  const entry = `${String(request.headers['x-mininq-job-id'])} ${attempt} ${Date.now()}`;
  writeSync(ledger, `+ ${entry}\n`);
  if (query.has('hang')) return;
  setTimeout(
    () => {
      writeSync(ledger, `- ${entry} ${Date.now()}\n`);
      const fails = attempt <= Number(query.get('fails') ?? Infinity);
      response.statusCode = fails ? Number(query.get('status') ?? 200) : 200;
      response.end('y'.repeat(Number(query.get('size') ?? 2)));
    },
    Number(query.get('delay') ?? 0),
  );
}

const server = createServer((request, response) => {
  request.resume().on('end', () => receive(request, response));
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${address.port}` })}\n`);
});
