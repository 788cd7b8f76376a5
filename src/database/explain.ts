import { DatabaseError } from './database-error.ts';
import { maskSecrets } from './mask-secrets.ts';
import type { DatabaseSettings } from './settings.ts';

type Explanation = readonly [message: string, hint: string | null];

/**
 * Turns an error of pg or Prisma into one that can be printed: what happened, and what to do.
 * What those libraries put into theirs (the query with its values, Prisma's call site) is left behind.
 */
export function explain(error: unknown, settings: DatabaseSettings): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const { code, text } = innermost(error);
  const [message, hint] = byCode(code, settings) ??
    byText(text, settings) ?? [text === '' ? 'the database failed without saying why' : maskSecrets(text), hintByClass(code)];
  return new DatabaseError(code === '' || message.includes(code) ? message : `${message} (${code})`, hint, isRefusal(code));
}

/** An SQLSTATE; not a code of Node (EPIPE) or Prisma (P1017), nor one that says only that the connection ended (08, 57P). */
function isRefusal(code: string): boolean {
  return /^(?=.*\d)[0-9A-Z]{5}$/u.test(code) && !/^(P[1-9]|08|57P)/u.test(code);
}

function byCode(code: string, { host, port, name, user }: DatabaseSettings): Explanation | null {
  const server = `${host}:${port}`;
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
      return [`the host ${host} is not known`, 'check the host in DATABASE_URL, and that this machine can look it up'];
    case 'ENOENT':
      return [`there is no socket of a server in ${host}`, 'check the host in DATABASE_URL, and that the server runs'];
    case 'ECONNREFUSED':
      return [`nothing accepts connections on ${server}`, 'check the host and port in DATABASE_URL, and that the server runs'];
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return [`there is no way from this machine to ${server}`, 'check the network, or run the tool from inside it'];
    case 'ECONNRESET':
    case 'EPIPE':
      return [`the connection to ${server} was cut`, null];
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return [
        `the certificate of ${server} cannot be verified`,
        'name its authority with sslrootcert=FILE in DATABASE_URL, or accept any certificate with sslmode=no-verify',
      ];
    case '28P01':
    case '28000':
      return [`${server} refuses user ${user}`, 'check the user and the password in DATABASE_URL'];
    case '3D000':
      return [`there is no database ${name} on ${server}`, 'check the database name in DATABASE_URL'];
    case '42501':
      return [
        `user ${user} lacks a privilege on the table`,
        `GRANT SELECT, UPDATE on the table to ${user}, or use another role in DATABASE_URL`,
      ];
    case '22012':
      return [
        'a trigger on the table puts something else into the row than the tool sends, so the write was undone',
        'disable that trigger while the rotation runs',
      ];
    case '25006':
      return ['the database accepts no writes: it is read-only or a standby', 'point DATABASE_URL at the primary'];
    case '53300':
      return ['the server has no connection left', 'free some: the tool needs three'];
    case '53100':
      return ["the server's disk is full", 'make room on it'];
    case '55P03':
    case '57014':
      return ['the server cancelled a statement that waited too long', 'another transaction may hold the row: end it'];
    case '57P01':
    case '57P02':
    case '57P03':
      return ['the server ended the connection, or is shutting down or starting', null];
    default:
      return null;
  }
}

function byText(text: string, { host, port, user, connectTimeoutMs, statementTimeoutMs }: DatabaseSettings): Explanation | null {
  const server = `${host}:${port}`;
  if (/query read timeout/iu.test(text))
    return [
      `${server} did not answer a statement within ${statementTimeoutMs / 1000} s`,
      'if it answers others, a transaction holds the row or the table: look into pg_stat_activity',
    ];
  if (/timeout/iu.test(text)) return [`${server} did not accept a connection within ${connectTimeoutMs / 1000} s`, null];
  if (/password must be a/iu.test(text)) return [`${server} wants a password for user ${user}`, 'put it into DATABASE_URL'];
  if (/does not support SSL/iu.test(text)) {
    return [
      `${server} takes no encrypted connections`,
      'put sslmode=disable into DATABASE_URL, where the network in between is trusted',
    ];
  }
  if (/terminated|closed|ended|not queryable/iu.test(text)) return [`the connection to ${server} was lost`, null];
  return null;
}

/** Errors in the data, of integrity, and of access or definition do not go away by themselves. */
function hintByClass(code: string): string | null {
  return /^(22|23|42)/u.test(code) ? 'mend what the message names' : null;
}

/** Digs through the layers: Prisma keeps the server's error at meta.driverAdapterError.cause, Node the address errors in an AggregateError. */
function innermost(error: unknown): { code: string; text: string } {
  const adapterError = property(property(error, 'meta'), 'driverAdapterError');
  // Where connecting takes too long pg-pool says so, and its cause says only that the connection ended.
  const connectTimeout = asText(property(error, 'message')).includes('connection timeout');
  const cause = property(adapterError, 'cause') ?? (connectTimeout ? undefined : property(error, 'cause'));
  if (cause !== undefined) {
    const code = property(cause, 'originalCode') ?? property(cause, 'code');
    const text =
      property(cause, 'originalMessage') ?? property(cause, 'message') ?? property(cause, 'reason') ?? property(cause, 'kind');
    if (typeof code === 'string' || typeof text === 'string') return { code: asText(code), text: asText(text) };
  }
  const [first]: unknown[] = error instanceof AggregateError ? error.errors : [error];
  return { code: asText(property(first, 'code')), text: asText(property(first, 'message')) };
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
