// One stream for all tabs of this browser: it opens no more than six connections to a server (HTTP/1.1), so with a
// stream for each, the seventh tab would never load.
import { openStream } from './live-stream.js';

/** @type {Set<MessagePort>} */
const tabs = new Set();
/** What a tab that joins later has to know. */
let connected = false;
/** @type {import('./live-stream.js').StreamMessage | undefined} */
let hello;

openStream((message) => {
  if (message.type === 'state') connected = message.connected;
  if (message.type === 'hello') hello = message;
  for (const tab of tabs) tab.postMessage(message);
});

globalThis.addEventListener('connect', (event) => {
  const [tab] = /** @type {MessageEvent} */ (event).ports;
  if (!tab) return;
  tabs.add(tab);
  tab.addEventListener('message', () => tabs.delete(tab));
  tab.start();
  tab.postMessage({ type: 'state', connected });
  if (connected && hello) tab.postMessage(hello);
});
