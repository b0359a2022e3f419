import { createServer, type ServerResponse } from 'node:http';
import { listen } from '../listen.js';

/*
 * A plain receiver of webhooks that times what arrives by its own clock:
 *
 *   POST   /hang            is never answered
 *   POST   any other path   200; those to /hook are counted
 *   DELETE /arrivals        begins to count anew
 *   GET    /arrivals/N      waits for the N-th; {"count": how many came, "seconds": from the first to the last}
 */

let count = 0;
let firstAt = 0;
let lastAt = 0;
let waiting: { readonly of: number; readonly response: ServerResponse } | null = null;

const server = createServer((request, response) => {
  request.resume().once('end', () => {
    const { method, url = '' } = request;
    if (url === '/hang') return;
    if (method === 'POST') {
      if (url === '/hook') arrive();
      answer(response, '{"ok":true}');
    } else if (method === 'DELETE') {
      count = 0;
      answer(response, '{}');
    } else {
      waiting = { of: Number(url.slice('/arrivals/'.length)), response };
      answerWaiting();
    }
  });
});

function arrive(): void {
  lastAt = performance.now();
  if (count === 0) firstAt = lastAt;
  count += 1;
  answerWaiting();
}

function answerWaiting(): void {
  if (waiting === null || count < waiting.of) return;
  answer(waiting.response, JSON.stringify({ count, seconds: (lastAt - firstAt) / 1000 }));
  waiting = null;
}

function answer(response: ServerResponse, body: string): void {
  response.setHeader('content-type', 'application/json');
  response.end(body);
}

process.stdout.write(`${JSON.stringify({ url: await listen(server) })}\n`);
