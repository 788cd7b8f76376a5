import { type Explanation, explainBySqlState, type ServerFailure } from './failure.ts';
import { quote } from './own-names.ts';
import type { DatabaseSettings } from './settings.ts';

/**
 * Explains the SQLSTATEs that are about the login, the connection, or the state and the limits of the server.
 *
 * @returns null for one that is about a statement
 */
export function explainSession(failure: ServerFailure, settings: DatabaseSettings): Explanation | null {
  const { name, user, host, port, login } = settings;
  const server = `${host}:${port}`;
  const unlimited = (setting: string) =>
    `lift the limit: ALTER ROLE ${quote(user)} IN DATABASE ${quote(name)} SET ${setting} = 0`;
  // As pg does, unless the host is a socket.
  const isEncrypted = login.ssl !== undefined && login.ssl !== false;
  const ending: Explanation = ['the server ended the connection, or is shutting down or starting up', null];
  const pooler: Explanation = [
    'a pooler mixed up prepared statements',
    'connect to the server itself, or set max_prepared_statements in PgBouncer 1.21 or later',
  ];
  const explained = explainBySqlState(failure, {
    '08P01': [
      `${server}, or a pooler in front of the server, ended the connection`,
      'if it is a pooler such as PgBouncer, check the user and the password, that pool_mode is transaction or session, that enough connections to the server are free (3, or N + 2 with --connections N), and that DATABASE_URL has no options=; or connect to the server itself',
    ],
    '08004': [`${server} rejected the connection`, 'fix the problem named above'],
    '28P01': [`${server} refused user ${user}`, 'check the user and the password in DATABASE_URL'],
    '28000': [
      `${server} refused user ${user}`,
      isEncrypted
        ? `this is not about the password: check that user ${user} may log in, and that a line of pg_hba.conf admits it`
        : 'this is not about the password: if the message says "no encryption", add sslmode=verify-full to DATABASE_URL; otherwise check that the user may log in and that a line of pg_hba.conf admits it',
    ],
    '3D000': [`there is no database ${name} on ${server}`, 'check the database name in DATABASE_URL'],
    '25006': [
      'the database accepts no writes',
      'point DATABASE_URL at the primary; if it is the primary, check default_transaction_read_only',
    ],
    '25P03': ['the server ended a transaction that was idle for too long', unlimited('idle_in_transaction_session_timeout')],
    '25P04': ['the server ended a transaction that took too long', unlimited('transaction_timeout')],
    '26000': pooler,
    '42P05': pooler,
    '53100': ["the server's disk is full", 'free some disk space on the server'],
    '53200': [
      'the server is out of memory',
      'free some memory on the server, or use a smaller --batch-size; if the message says "shared memory", raise max_locks_per_transaction',
    ],
    '53300': [
      `${server} accepts no more connections`,
      'close some connections, raise the limit or lower --connections: the tool needs three, and with --connections N two more than N',
    ],
    '53400': ['the server reached a configured limit', `raise the limit that the message names: ALTER ROLE ${quote(user)} SET …`],
    '57014': [
      'the server cancelled a statement',
      `if the message names the statement timeout, ${unlimited('statement_timeout')} (it is the server's, not DATABASE_STATEMENT_TIMEOUT_MS); otherwise find out who cancelled it`,
    ],
    '57P01': ending,
    '57P02': ending,
    '57P03': ending,
    '57P04': [`database ${name} was dropped`, 'check the database name in DATABASE_URL'],
    '57P05': ['the server ended a connection that was idle for too long', unlimited('idle_session_timeout')],
  });
  // In a function, it is a connection to another server (dblink, postgres_fdw).
  const lost = explained === null && failure.sqlState.startsWith('08') && failure.inFunction === null;
  return lost ? [`a connection failed: ${failure.text}`, null] : explained;
}
