import type { FreeSlots } from '../../src/domain/queue/claim-plan.js';

/** Slots that nobody holds and none of which is kept free. */
export function freeSlots(free: number): FreeSlots {
  return { free, most: free, holds: () => false, leftBy: () => 0 };
}
