import { once } from 'node:events';
import type { Server } from 'node:http';

/** Lets the server listen on any free port of loopback. @returns its URL, without a slash at the end */
export async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return `http://127.0.0.1:${address.port}`;
}
