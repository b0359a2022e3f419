/** Median, least and greatest of some figures, one at least. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spread(figures: readonly number[]): Spread {
  return { median: percentile(figures, 50), min: percentile(figures, 0), max: percentile(figures, 100) };
}

/**
 * The figure that `percent` of the figures do not exceed (the nearest-rank method); of an even number, the 50th is
 * the mean of the middle two.
 */
export function percentile(figures: readonly number[], percent: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const at = (index: number): number => {
    const figure = sorted[Math.min(sorted.length - 1, Math.max(0, index))];
    if (figure === undefined) throw new Error('no figures');
    return figure;
  };
  if (percent === 50 && sorted.length % 2 === 0)
    return (at(sorted.length / 2 - 1) + at(sorted.length / 2)) / 2;
  return at(Math.ceil((percent / 100) * sorted.length) - 1);
}
