/** A process of the operating system, as others on the same machine may check whether it still runs. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Where `pid` names this process: a machine since its last start, and a PID namespace. null: that cannot be told. */
  readonly space: string | null;
  /** When the process began, as its system counts, which tells it from a later one with its pid. null: unknown. */
  readonly birth: string | null;
}

/** A process that runs jobs, as all that share its store see it. Instants are epoch milliseconds of its own clock. */
export interface Worker {
  /** Never used again, not even by the same process. */
  readonly id: string;
  readonly host: string;
  readonly process: ProcessIdentity;
  /** Of the program. */
  readonly version: string;
  /** Jobs that it runs at once, at most. */
  readonly slots: number;
  /** Whose jobs it runs; empty: all. */
  readonly queues: readonly string[];
  /** Jobs that it ran at its last beat. */
  readonly inFlight: number;
  /** It claims no more jobs until it is resumed. */
  readonly draining: boolean;
  /** It was told to end, and claims no more jobs. What it leaves behind when it is killed then is no crash. */
  readonly stopping: boolean;
  /** How often it has said that it lives. What tells a live worker is that this number grows, whatever clocks show. */
  readonly beats: number;
  readonly lastBeatAt: number;
  readonly startedAt: number;
}
