export interface Random {
  /** A number in [0, 1), for jitter and turns; not for secrets. */
  next(): number;
}
