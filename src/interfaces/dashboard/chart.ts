import type { MinuteThroughput } from '../../application/ports/job-queries.js';
import { formatCount, formatUtc, plural } from './format.js';
import { html, type Html } from './html.js';

const STEP = 10;
const BAR = 7;
const HEIGHT = 100;

/**
 * Jobs completed and attempts failed, a bar a minute, stacked. The drawing is stretched to the room that there is, so
 * what is to be read stands outside of it.
 * @param minutes one for each minute, the oldest first
 */
export function throughputChart(minutes: readonly MinuteThroughput[]): Html {
  const peak = niceCeiling(Math.max(1, ...minutes.map(({ completed, failed }) => completed + failed)));
  const width = minutes.length * STEP;
  return html`<div class="chart">
<p class="peak" aria-hidden="true">${formatCount(peak)} a minute</p>
<svg viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${describe(minutes)}">
<g class="grid"><line x1="0" x2="${width}" y1="0" y2="0"/><line x1="0" x2="${width}" y1="${HEIGHT / 2}" y2="${HEIGHT / 2}"/><line x1="0" x2="${width}" y1="${HEIGHT}" y2="${HEIGHT}"/></g>
${minutes.map((minute, index) => bars(minute, index * STEP, HEIGHT / peak))}
</svg>
<p class="axis" aria-hidden="true">${minutes.map(
    ({ minute }, index) => index % 15 === 0 && html`<span>${clockTime(minute)}</span>`,
  )}<span>now</span></p>
</div>`;
}

function bars({ minute, completed, failed }: MinuteThroughput, x: number, scale: number): Html | false {
  if (completed + failed === 0) return false;
  const done = barHeight(completed, failed, scale);
  const wrong = barHeight(failed, completed, scale);
  return html`<g><title>${clockTime(minute)} UTC: ${formatCount(completed)} completed, ${plural(failed, 'failed attempt')}</title>
<rect class="done" x="${x}" width="${BAR}" y="${HEIGHT - done}" height="${done}"/><rect class="wrong" x="${x}" width="${BAR}" y="${HEIGHT - done - wrong}" height="${wrong}"/></g>`;
}

/** What happened at all must be seen. @param other that stands in the same bar, and is to have room */
function barHeight(count: number, other: number, scale: number): number {
  if (count === 0) return 0;
  const room = other === 0 ? HEIGHT : HEIGHT - 1;
  return Math.min(room, Math.max(1, Math.round(count * scale * 10) / 10));
}

function clockTime(at: number): string {
  return formatUtc(at).slice(11, 16);
}

function describe(minutes: readonly MinuteThroughput[]): string {
  const completed = minutes.reduce((sum, minute) => sum + minute.completed, 0);
  const failed = minutes.reduce((sum, minute) => sum + minute.failed, 0);
  return `Throughput of the last hour by minute: ${formatCount(completed)} jobs completed, ${formatCount(failed)} attempts failed`;
}

/** The next of 1, 2, 5, 10, 20, 50, ... */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= value) ?? value;
}
