import type { EgressPolicy } from '../domain/egress/egress-policy.js';

/** What a callback_url may be. */
export interface CallbackRules {
  /** Those for which there is a dispatcher, such as http and https. */
  readonly schemes: readonly string[];
  /** Where http and https may go. */
  readonly egress: EgressPolicy;
}
