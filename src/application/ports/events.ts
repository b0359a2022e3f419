/** What happened in this process that its engine should know at once, without waiting for the next poll. */
export type Event =
  /** Jobs became pending: an enqueue or a manual retry. */
  | { readonly type: 'jobs_pending' }
  /** A queue may let more jobs through: resumed, or its limits changed. */
  | { readonly type: 'queue_changed' }
  /** A schedule may be due earlier than before. */
  | { readonly type: 'schedule_changed' };

export interface Events {
  publish(event: Event): void;
  /** @returns a function that ends the subscription */
  subscribe(listener: (event: Event) => void): () => void;
}
