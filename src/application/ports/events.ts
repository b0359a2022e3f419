/** What happened in this process: its engine acts on it without waiting for the next poll, and the dashboard shows it. */
export type Event =
  /** Jobs became pending: an enqueue or a manual retry. */
  | { readonly type: 'jobs_pending' }
  /** Jobs changed in any other way: claimed, settled, cancelled, deleted. */
  | { readonly type: 'jobs_changed' }
  /** A queue may let more jobs through: resumed, or its limits changed. Or it is new, or gone. */
  | { readonly type: 'queue_changed' }
  /** A schedule may be due earlier than before, or is gone. */
  | { readonly type: 'schedule_changed' }
  /** A schedule made a job. */
  | { readonly type: 'schedule_fired' }
  /** A worker came, beat, went, or was told to drain or to resume. */
  | { readonly type: 'workers_changed' };

export interface Events {
  publish(event: Event): void;
  /** @returns a function that ends the subscription */
  subscribe(listener: (event: Event) => void): () => void;
}
