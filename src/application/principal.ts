/** What somebody may: read; enqueue, and read the jobs whose ids they have; everything. */
export const ROLES = ['viewer', 'producer', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who asks. */
export interface Principal {
  /** That of their token; `local` for a client of this machine while there is none. */
  readonly name: string;
  readonly role: Role;
  /** What the dashboard's forms for them carry, and nobody else's: it goes with their credentials. */
  readonly formToken: string;
}
