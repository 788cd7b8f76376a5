import { maskSecrets } from '../text/mask-secrets.ts';
import { DatabaseError } from './database-error.ts';
import { explainClientFailure } from './explain-client.ts';
import { explainSession } from './explain-session.ts';
import { explainStatement } from './explain-statement.ts';
import { readFailure, type ServerFailure } from './failure.ts';
import type { DatabaseSettings } from './settings.ts';

/**
 * Turns an error of pg into one that can be printed: what happened, in the server's own words if it has any, and what to do.
 * The SQLSTATE alone selects the explanation; text decides only if there is none, since names and triggers can contain anything.
 * What else pg puts into its errors (the row, the statement of a trigger) is left out.
 */
export function explain(error: unknown, settings: DatabaseSettings): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const failure = readFailure(error);
  if (failure.from === 'client') {
    const [message, hint] = explainClientFailure({ ...failure, text: maskSecrets(failure.text) }, settings);
    return new DatabaseError(message, hint);
  }
  const masked = { ...failure, text: maskSecrets(failure.text) || 'the server gave no reason' };
  const [message, hint] = explainSession(masked, settings) ?? explainStatement(masked, settings);
  const place = failure.inFunction === null ? '' : ` in function ${failure.inFunction}`;
  return new DatabaseError(`${message} (${failure.sqlState}${place})`, hint, isRefusal(failure));
}

/**
 * Whether the statement had no effect. After a connection failure (class 08), a shutdown (57P), "statement completion unknown" (40003)
 * and a panic it may have had one: a server that is told to stop after COMMIT was written no longer says so.
 */
function isRefusal({ sqlState, panic }: ServerFailure): boolean {
  return !panic && !/^(08|57P|40003)/u.test(sqlState);
}
