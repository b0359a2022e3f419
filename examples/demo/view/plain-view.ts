import type { Act } from '../stage.js';
import type { Setting, View } from './view.js';

/** Line by line, for logs and pipes. */
export class PlainView implements View {
  readonly #write: (text: string) => void;
  #startedAt = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  begin({ serverUrl, serverPid, receiverUrl, acts }: Setting): void {
    this.#startedAt = performance.now();
    this.#line(`mininq demo: ${acts} things that background jobs need, in 20 seconds.`);
    this.#line(`  server    ${serverUrl} (process ${serverPid ?? 'unknown'}, one temporary SQLite file)`);
    this.#line(`  webhooks  ${receiverUrl}`);
  }

  act(number: number, { name, caption }: Act): void {
    this.#line('');
    this.#line(`${number}. ${name}: ${caption}`);
  }

  event(text: string): void {
    const elapsed = (performance.now() - this.#startedAt) / 1000;
    this.#line(`${elapsed.toFixed(1).padStart(6)} s  ${text}`);
  }

  outcome(text: string): void {
    this.#line(`      => ${text}`);
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  #line(text: string): void {
    this.#write(`${text}\n`);
  }
}
