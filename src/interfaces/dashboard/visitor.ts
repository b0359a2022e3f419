import type { Principal } from '../../application/principal.js';

/** Who looks at a page, as far as it matters to what the page offers. */
export interface Visitor {
  /** What their forms carry; null: they may only look, so there are no forms for them. */
  readonly formToken: string | null;
}

/** The field of a form that holds it. */
export const FORM_TOKEN = 'csrf';

export function visitorOf(principal: Principal | null): Visitor {
  return { formToken: principal?.role === 'admin' ? principal.formToken : null };
}

export function mayChange({ formToken }: Visitor): boolean {
  return formToken !== null;
}
