import type { Clock } from '../../application/ports/clock.js';
import { addressBytes } from './client-address.js';

export const FAILURES_MAX = 10;
const WINDOW_MS = 60_000;
/** More addresses are not remembered: the one that failed the longest ago is forgotten first. */
const ADDRESSES_MAX = 10_000;
/** Who has one address of IPv6 has all those that begin with the same 64 bits. */
const IPV6_PREFIX_BYTES = 8;

/** Slows down who tries tokens: after ten failures within a minute, an address waits until one of them is a minute old. */
export class FailureLimit {
  readonly #clock: Clock;
  /** By network, the instants of its last failures; the network that failed last is the last one. */
  readonly #failures = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds; 0 when it need not wait. */
  waitMs(address: string): number {
    if (this.#failures.size === 0) return 0;
    const now = this.#clock.monotonic();
    this.#forget(now);
    const failures = this.#failures.get(networkOf(address)) ?? [];
    const [first] = failures;
    return first === undefined || failures.length < FAILURES_MAX ? 0 : Math.max(0, first + WINDOW_MS - now);
  }

  /** @returns must the address wait now? */
  record(address: string): boolean {
    const network = networkOf(address);
    const failures = this.#failures.get(network) ?? [];
    this.#failures.delete(network);
    failures.push(this.#clock.monotonic());
    if (failures.length > FAILURES_MAX) failures.shift();
    this.#failures.set(network, failures);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > ADDRESSES_MAX && oldest !== undefined) this.#failures.delete(oldest);
    return this.waitMs(address) > 0;
  }

  #forget(now: number): void {
    for (const [network, failures] of this.#failures) {
      if (now - (failures.at(-1) ?? 0) < WINDOW_MS) break;
      this.#failures.delete(network);
    }
  }
}

function networkOf(address: string): string {
  const bytes = addressBytes(address);
  if (bytes === null) return address;
  return (bytes.length === 4 ? bytes : bytes.slice(0, IPV6_PREFIX_BYTES)).join('.');
}
