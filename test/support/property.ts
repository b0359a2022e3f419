import fc from 'fast-check';

/** FC_SEED=<number> explores other cases than the usual ones. */
const seed = Number(process.env['FC_SEED'] ?? 20_240_115);

/** Checks a property on many generated cases: the same ones at every run, so that a failure comes again. */
export function holds<Case>(property: fc.IProperty<Case>, numRuns = 300): void {
  fc.assert(property, { seed, numRuns });
}

export async function holdsAsync<Case>(property: fc.IAsyncProperty<Case>, numRuns = 100): Promise<void> {
  await fc.assert(property, { seed, numRuns });
}
