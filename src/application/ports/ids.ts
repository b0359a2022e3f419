export interface Ids {
  /** A new UUID v7; each sorts after the ones before it. */
  next(): string;
}
