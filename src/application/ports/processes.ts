import type { ProcessIdentity } from '../../domain/worker/worker.js';

/** The processes of this machine. */
export interface Processes {
  /** This process, and the name of its machine. */
  readonly self: ProcessIdentity & { readonly host: string };
  /** true only when that is certain: never for a process of another machine or container, or one that may not be seen. */
  hasEnded(process: ProcessIdentity): boolean;
}
