import { createServer } from 'node:http';
import { loadSeconds } from '../http-load.js';
import { listen } from '../listen.js';

/*
 * The least that a sender of webhooks can do: undici Clients that POST the same body over and over.
 *
 *   POST /{path}/{requests}   sends so many requests to the path at the receiver; answers when all are done
 *
 * Parameters: URL of the receiver, connections, the body (JSON text).
 */

const [receiver = '', connections, body = ''] = process.argv.slice(2);

const server = createServer((request, response) => {
  const [, path = '', requests] = (request.url ?? '').split('/');
  const load = { url: receiver, path: `/${path}`, body, status: 200 };
  loadSeconds({ ...load, connections: Number(connections), requests: Number(requests) }).then(
    () => response.end(),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
process.stdout.write(`${JSON.stringify({ url: await listen(server) })}\n`);
