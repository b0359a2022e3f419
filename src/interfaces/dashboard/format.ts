import { html, type Html } from './html.js';

const NUMBER = new Intl.NumberFormat('en-US');

/** 1,234,567 */
export function formatCount(count: number): string {
  return NUMBER.format(count);
}

/** "1 job", "1,200 jobs" */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** 2026-11-22 04:25:10, in UTC. @param at epoch milliseconds */
export function formatUtc(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

/** 350 ms, 4.2 s, 3 min 20 s, 5 h 12 min, 3 d 4 h */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds < 10 ? Math.floor(ms / 100) / 10 : seconds} s`;
  return units(seconds, [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ]);
}

/** The two largest units. */
function units(seconds: number, scale: readonly (readonly [name: string, seconds: number])[]): string {
  const first = scale.findIndex(([, size]) => seconds >= size);
  let rest = seconds;
  const parts: string[] = [];
  for (const [name, size] of scale.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.join(' ');
}

/**
 * An instant in UTC, which the page's script shows as the time since or until then.
 * @param at epoch milliseconds; null: nothing is there to show
 */
export function time(at: number | null): Html {
  if (at === null) return html`<span class="none">never</span>`;
  const utc = formatUtc(at);
  return html`<time datetime="${new Date(at).toISOString()}" title="${utc} UTC" data-relative="">${utc}</time>`;
}

/** An instant in UTC, shown as that. */
export function absoluteTime(at: number | null): Html {
  if (at === null) return html`<span class="none">–</span>`;
  return html`<time datetime="${new Date(at).toISOString()}">${formatUtc(at)}</time>`;
}
