import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import type { Author } from '../database/write-registry.ts';

/**
 * Says who runs the tool, on which machine, and gives the run an id.
 *
 * @param reason - what --reason says; null without it
 */
export function thisAuthor(reason: string | null): Author {
  return { operator: userName(), host: hostname(), runId: randomUUID(), reason };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
    return 'unknown';
  }
}
