/** A value that some source gives for a key. */
export interface Given {
  /** As TOML has it; not yet checked. */
  readonly value: unknown;
  /** Begins a message about the value: `mininq.toml: server.port`, `MININQ_PORT`, `--port`. */
  readonly subject: string;
  /** As LoadedConfig says it. */
  readonly origin: string;
  /** The path of the file in which it stands. */
  readonly file?: string;
}

/** What a source gives, by the name of the key. */
export type GivenByKey = ReadonlyMap<string, Given>;
