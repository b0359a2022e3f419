/** What a case measures with, and how much of it. */
export interface Setting {
  /** A run that shall end soon: less work, fewer rounds. Its figures are rough. */
  readonly quick: boolean;
  /** A directory of its own for the case's files; removed afterwards. */
  readonly directory: string;
  /** Tells the person who waits what is going on. */
  readonly say: (text: string) => void;
}

/** One line of the table. */
export interface Row {
  readonly measure: string;
  /** Such as "jobs/s" or "ms". */
  readonly unit: string;
  /** One figure a round, in the order of the rounds. */
  readonly mininq: readonly number[];
  readonly yardstick: readonly number[];
  /** What is compared, and how it must come out. `of: 'value'` looks at mininq's figures alone. */
  readonly goal:
    | { readonly of: 'ratio' | 'value'; readonly atLeast: number }
    | { readonly of: 'ratio' | 'value'; readonly atMost: number }
    | null;
}

/** Why a case could not be run here. */
export interface Skipped {
  readonly skipped: string;
}

/** Each file in cases/ exports one as `benchCase`, under its own name. */
export interface Case {
  readonly title: string;
  /** What mininq is compared with. */
  readonly yardstick: string;
  readonly run: (setting: Setting) => Promise<readonly Row[] | Skipped>;
}

/**
 * Runs both in turn, as many rounds as asked for; every other round begins with the yardstick, so that neither
 * profits from what the machine does meanwhile.
 */
export async function inTurn<M, Y>(
  rounds: number,
  mininq: (round: number) => Promise<M>,
  yardstick: (round: number) => Promise<Y>,
): Promise<{ mininq: M[]; yardstick: Y[] }> {
  const figures: { mininq: M[]; yardstick: Y[] } = { mininq: [], yardstick: [] };
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) figures.mininq.push(await mininq(round));
    figures.yardstick.push(await yardstick(round));
    if (round % 2 === 1) figures.mininq.push(await mininq(round));
  }
  return figures;
}
