import { distance } from 'fastest-levenshtein';

/** Longer names are no misspellings, and comparing them takes time in proportion to both lengths. */
const LENGTH_MAX = 64;

/**
 * The known name that was probably meant, or null when none is near. Letter case, "-" and "_" do not count, so
 * `maxRetries` finds `max_retries`; and whole words of the only name that has them do: `retention` finds
 * `retention_days`.
 */
export function didYouMean(given: string, known: readonly string[]): string | null {
  if (given.length > LENGTH_MAX) return null;
  const [fuller, ...others] = known.filter((name) => words(name).includes(words(given)));
  return fuller !== undefined && others.length === 0 ? fuller : nearest(given, known);
}

function nearest(given: string, known: readonly string[]): string | null {
  const letters = bare(given);
  let best: string | null = null;
  let fewest = Infinity;
  for (const name of known) {
    const edits = distance(letters, bare(name));
    if (edits < fewest && edits <= slips(Math.max(letters.length, bare(name).length))) {
      best = name;
      fewest = edits;
    }
  }
  return best;
}

/** How many letters of a word may be wrong; two of a short one, as swapped neighbours count twice. */
function slips(length: number): number {
  if (length < 4) return 1;
  return length < 9 ? 2 : 3;
}

/** Between marks, so that only whole words are found within. */
function words(name: string): string {
  return `_${name.toLowerCase().replaceAll('-', '_')}_`;
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}
