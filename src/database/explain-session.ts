import type { Explanation, ServerFailure } from './failure.ts';
import type { DatabaseSettings } from './settings.ts';

/**
 * Explains the SQLSTATEs that are about the login, the connection, or the state and the limits of the server.
 *
 * @returns null for one that is about a statement
 */
export function explainSession(failure: ServerFailure, settings: DatabaseSettings): Explanation | null {
  const { sqlState, text } = failure;
  const { name, user } = settings;
  const server = `${settings.host}:${settings.port}`;
  const unlimited = (setting: string) =>
    `lift the limit: ALTER ROLE ${quote(user)} IN DATABASE ${quote(name)} SET ${setting} = 0`;
  switch (sqlState) {
    case '08P01':
      return {
        message: `${server}, or a pooler in front of the server, ended the connection: ${text}`,
        hint: 'if it is a pooler such as PgBouncer, check the user and the password, that pool_mode is transaction or session, that 3 connections to the server are free, and that DATABASE_URL has no options=; or connect to the server itself',
      };
    case '08004':
      return { message: `${server} rejected the connection: ${text}`, hint: 'fix the problem named above' };
    case '28P01':
      return { message: `${server} refused user ${user}: ${text}`, hint: 'check the user and the password in DATABASE_URL' };
    case '28000':
      return {
        message: `${server} refused user ${user}: ${text}`,
        hint: isEncrypted(settings)
          ? `this is not about the password: check that user ${user} may log in, and that a line of pg_hba.conf admits it`
          : 'this is not about the password: if the message says "no encryption", add sslmode=verify-full to DATABASE_URL; otherwise check that the user may log in and that a line of pg_hba.conf admits it',
      };
    case '3D000':
      return { message: `there is no database ${name} on ${server}: ${text}`, hint: 'check the database name in DATABASE_URL' };
    case '25006':
      return {
        message: `the database accepts no writes: ${text}`,
        hint: 'point DATABASE_URL at the primary; if it is the primary, check default_transaction_read_only',
      };
    case '25P03':
      return {
        message: `the server ended a transaction that was idle for too long: ${text}`,
        hint: unlimited('idle_in_transaction_session_timeout'),
      };
    case '25P04':
      return { message: `the server ended a transaction that took too long: ${text}`, hint: unlimited('transaction_timeout') };
    case '26000':
    case '42P05':
      return {
        message: `a pooler mixed up prepared statements: ${text}`,
        hint: 'connect to the server itself, or set max_prepared_statements in PgBouncer 1.21 or later',
      };
    case '53100':
      return { message: `the server's disk is full: ${text}`, hint: 'free some disk space on the server' };
    case '53200':
      return {
        message: `the server is out of memory: ${text}`,
        hint: 'free some memory on the server, or use a smaller --batch-size; if the message says "shared memory", raise max_locks_per_transaction',
      };
    case '53300':
      return {
        message: `${server} accepts no more connections: ${text}`,
        hint: 'close some connections or raise the limit: the tool needs three',
      };
    case '53400':
      return {
        message: `the server reached a configured limit: ${text}`,
        hint: `raise the limit that the message names: ALTER ROLE ${quote(user)} SET …`,
      };
    case '57014':
      return {
        message: `the server cancelled a statement: ${text}`,
        hint: `if the message names the statement timeout, ${unlimited('statement_timeout')} (it is the server's, not DATABASE_STATEMENT_TIMEOUT_MS); otherwise find out who cancelled it`,
      };
    case '57P01':
    case '57P02':
    case '57P03':
      return { message: `the server ended the connection, or is shutting down or starting up: ${text}`, hint: null };
    case '57P04':
      return { message: `database ${name} was dropped: ${text}`, hint: 'check the database name in DATABASE_URL' };
    case '57P05':
      return {
        message: `the server ended a connection that was idle for too long: ${text}`,
        hint: unlimited('idle_session_timeout'),
      };
    default:
      // In a function, it is a connection to another server (dblink, postgres_fdw).
      if (sqlState.startsWith('08') && failure.inFunction === null)
        return { message: `a connection failed: ${text}`, hint: null };
      return null;
  }
}

/** Whether the URL asks for TLS, as pg does unless the host is a socket. */
function isEncrypted({ login }: DatabaseSettings): boolean {
  return login.ssl !== undefined && login.ssl !== false;
}

function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
