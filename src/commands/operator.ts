import { hostname, userInfo } from 'node:os';

/** @returns who runs the tool, and on which machine */
export function thisOperator(): { readonly user: string; readonly host: string } {
  return { user: userName(), host: hostname() };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
    return 'unknown';
  }
}
