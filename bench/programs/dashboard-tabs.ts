// Open tabs of the dashboard, as their script behaves: each keeps a stream, and asks for its page's live region when the
// stream says that something changed. Prints {"refreshes", "slowestMs"}.
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'undici';
import { z } from 'zod';
import { exchange } from '../http-load.js';

/** As in the page's script. */
const REFRESH_GAP_MS = 500;

const { url, paths, seconds } = z
  .object({ url: z.string(), paths: z.array(z.string()), seconds: z.number() })
  .parse(JSON.parse(process.argv[2] ?? ''));

const closing = new AbortController();
let refreshes = 0;
let slowestMs = 0;
const tabs = paths.map(tab);
await sleep(seconds * 1000);
closing.abort();
await Promise.all(tabs);
process.stdout.write(`${JSON.stringify({ refreshes, slowestMs })}\n`);

async function tab(path: string): Promise<void> {
  const client = new Client(url);
  const page = { changed: false };
  const stream = listen(() => (page.changed = true));
  while (!closing.signal.aborted) {
    if (page.changed) {
      page.changed = false;
      const askedAt = performance.now();
      await exchange(client, { method: 'GET', path, body: null, headers: { 'mininq-live': '1' } }, 200);
      slowestMs = Math.max(slowestMs, performance.now() - askedAt);
      refreshes += 1;
      await sleep(REFRESH_GAP_MS);
    } else {
      await sleep(10);
    }
  }
  await stream;
  await client.destroy();
}

async function listen(onChange: () => void): Promise<void> {
  const response = await fetch(`${url}/dashboard/events`, { signal: closing.signal });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of z.instanceof(ReadableStream).parse(response.body)) {
      if (decoder.decode(z.instanceof(Uint8Array).parse(chunk)).includes('event: changed')) onChange();
    }
  } catch (error) {
    if (!closing.signal.aborted) throw error;
  }
}
