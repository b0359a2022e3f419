import { expect, test } from 'vitest';
import { seeds, type SeedCounts } from './form.js';
import { SeededRandom } from './random.js';
import { Site } from './site.js';

/** What a scenario came to; null where the scenario is not about it. */
export interface Figures {
  /** Jobs whose enqueue was answered with a 2xx. */
  readonly acknowledged: number | null;
  /** Of these, jobs that are neither stored nor were delivered. */
  readonly lost: number | null;
  /** Deliveries beyond the first of each job that no recorded failure explains. */
  readonly duplicates: number | null;
  /** As many of them as the promises allow: deliveries in flight when a process died, mostly. */
  readonly allowed: number | null;
}

export interface ReportedScenario extends Figures {
  readonly scenario: string;
  readonly seeds: readonly number[];
}

declare module 'vitest' {
  interface TaskMeta {
    fault?: ReportedScenario;
  }
}

export interface ScenarioOptions extends SeedCounts {
  /** Why it cannot run here, aloud; undefined: it can. */
  readonly unless?: string | undefined;
  /** Ends a hang of one seed; no scenario is about how long it takes. */
  readonly limitMs?: number;
}

/**
 * A test that runs once for each seed, each time on a site of its own, and reports its figures to the table. Scenarios
 * of a file run side by side: most of their time they wait.
 * @param name begins with the number of the scenario, such as "F1"
 * @param run makes the fault, checks what must hold, and returns the figures; null when it has none
 */
export function scenario(
  name: string,
  options: ScenarioOptions,
  run: (site: Site, random: SeededRandom) => Promise<Figures | null>,
): void {
  const used = seeds(options);
  const limitMs = (options.limitMs ?? 240_000) * used.length;
  test.concurrent(name, { timeout: limitMs }, async ({ task, skip, onTestFinished }) => {
    if (options.unless !== undefined) {
      process.stderr.write(`SKIPPED: ${name}: ${options.unless}\n`);
      skip(options.unless);
    }
    const all: (Figures | null)[] = [];
    for (const seed of used) {
      const site = await Site.create();
      // Also when the time is up, which leaves `run` where it is.
      onTestFinished(() => site.close());
      all.push(await atSeed(seed, site, run));
      await site.close();
    }
    const figures = total(all);
    task.meta.fault = { scenario: name, seeds: used, ...figures };
    if (figures.lost !== null) expect(figures.lost).toBe(0);
    if (figures.duplicates !== null) expect(figures.duplicates).toBeLessThanOrEqual(figures.allowed ?? 0);
  });
}

async function atSeed(
  seed: number,
  site: Site,
  run: (site: Site, random: SeededRandom) => Promise<Figures | null>,
): Promise<Figures | null> {
  try {
    return await run(site, new SeededRandom(seed));
  } catch (error) {
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function total(all: readonly (Figures | null)[]): Figures {
  const sum = (figure: keyof Figures): number | null => {
    const known = all.flatMap((figures) => figures?.[figure] ?? []);
    return known.length === 0 ? null : known.reduce((left, right) => left + right);
  };
  return {
    acknowledged: sum('acknowledged'),
    lost: sum('lost'),
    duplicates: sum('duplicates'),
    allowed: sum('allowed'),
  };
}
