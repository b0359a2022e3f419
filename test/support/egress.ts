import { DEFAULT_CONFIG } from '../../src/application/config.js';
import type { CallbackRules } from '../../src/application/callback-rules.js';
import { EgressPolicy, type EgressSettings } from '../../src/domain/egress/egress-policy.js';

/** The policy of the default settings, but for the change. */
export function egress(change: Partial<EgressSettings> = {}): EgressPolicy {
  return new EgressPolicy({ ...DEFAULT_CONFIG.egress, ...change });
}

export function callbackRules(
  schemes: readonly string[] = ['http', 'https'],
  change: Partial<EgressSettings> = {},
): CallbackRules {
  return { schemes, egress: egress(change) };
}
