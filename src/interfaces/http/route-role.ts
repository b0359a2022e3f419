import type { Refusal } from '../../application/errors.js';
import type { Principal, Role } from '../../application/principal.js';

/** Who may use a route: an admin and those of the role; `known`: those of any role; or `anyone`, unasked. */
export type RouteRole = Role | 'known' | 'anyone';

/** @param principal null: somebody whom nobody has asked who they are */
export function permits(role: RouteRole, principal: Principal | null): boolean {
  if (role === 'anyone') return true;
  if (principal === null) return false;
  return role === 'known' || principal.role === role || principal.role === 'admin';
}

/** @returns why not; null when they may */
export function refuseRole(role: RouteRole, principal: Principal | null): Refusal | null {
  if (permits(role, principal)) return null;
  if (principal === null) return UNAUTHORIZED;
  return {
    code: 'forbidden',
    message: `This is for ${role === 'admin' ? 'admins' : `${role}s and admins`}; the token "${principal.name}" is that of a ${principal.role}`,
  };
}

/** For whatever is wrong with the credentials, so that nothing can be learned from it. */
export const UNAUTHORIZED: Refusal = {
  code: 'unauthorized',
  message:
    'This server asks for a token: send "Authorization: Bearer TOKEN", or the token as the password of HTTP Basic, whatever the user',
};
