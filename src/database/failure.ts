/** The server answered, with an SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html */
export interface ServerFailure {
  readonly from: 'server';
  readonly sqlState: string;
  /** The server's own message. */
  readonly text: string;
  /** The server ends of it, and cannot say what it wrote before. */
  readonly panic: boolean;
  readonly table: string | null;
  readonly constraint: string | null;
  /** The function, often a trigger's, that the statement was in when it failed. */
  readonly inFunction: string | null;
}

/** pg, Prisma or Node failed without an answer of the server. */
export interface ClientFailure {
  readonly from: 'client';
  /** A code of Node (ECONNRESET) or Prisma (P1017), or a kind of Prisma's adapter (ConnectionClosed); empty where there is none. */
  readonly code: string;
  readonly text: string;
}

/** What to print of a failure. */
export interface Explanation {
  readonly message: string;
  /** What to do; null only for what can go away by itself. */
  readonly hint: string | null;
}

/**
 * Digs through the layers around an error: Prisma keeps the server's error at meta.driverAdapterError.cause, Node the address errors
 * in an AggregateError. `detail` and `where` are left behind, since they can hold values of rows.
 */
export function readFailure(error: unknown): ServerFailure | ClientFailure {
  const cause = property(property(property(error, 'meta'), 'driverAdapterError'), 'cause');
  if (cause !== undefined) return readPrismaCause(cause);
  // Only errors of the server have a severity (pg 8.23): every code of theirs is an SQLSTATE, also EPIPE or P1017, which RAISE may use.
  if (typeof property(error, 'severity') === 'string') return serverFailure(error, text(error, 'code'), text(error, 'message'));
  // Where connecting takes too long pg-pool says so, and its cause says only that the connection ended.
  const inner = text(error, 'message') === POOL_CONNECT_TIMEOUT ? undefined : property(error, 'cause');
  if (inner !== undefined) return readFailure(inner);
  const [first]: unknown[] = error instanceof AggregateError ? error.errors : [error];
  return { from: 'client', code: text(first, 'code'), text: withoutCallSite(text(first, 'message')) };
}

/** pg-pool 3.14 */
export const POOL_CONNECT_TIMEOUT = 'Connection terminated due to connection timeout';

/** https://www.prisma.io/docs: the adapter's kinds have an originalCode exactly where the server answered (adapter-pg 7.10). */
function readPrismaCause(cause: unknown): ServerFailure | ClientFailure {
  const kind = text(cause, 'kind');
  const sqlState = text(cause, 'originalCode') || (kind === 'postgres' ? text(cause, 'code') : '');
  const message = text(cause, 'originalMessage') || text(cause, 'message');
  if (sqlState !== '') return serverFailure(cause, sqlState, message);
  return { from: 'client', code: kind || text(cause, 'code'), text: message || text(cause, 'reason') };
}

function serverFailure(error: unknown, sqlState: string, message: string): ServerFailure {
  return {
    from: 'server',
    sqlState,
    text: message,
    panic: text(error, 'severity') === 'PANIC',
    table: text(error, 'table') || null,
    constraint: text(error, 'constraint') || null,
    inFunction: functionIn(text(error, 'where')),
  };
}

/** `PL/pgSQL function audit() line 3 at SQL statement`, in whatever language; lines that quote a statement begin otherwise. */
function functionIn(where: string): string | null {
  return /^[^"'\n]*PL\/\w+[^"'\n]*?([\w.$]+)\(/mu.exec(where)?.[1] ?? null;
}

/** Prisma's own messages begin with the call and its arguments, and end with what was wrong. */
function withoutCallSite(message: string): string {
  if (!message.trimStart().startsWith('Invalid ')) return message;
  return message.trim().split('\n').at(-1) ?? '';
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown, name: string): string {
  const found = property(value, name);
  return typeof found === 'string' ? found : '';
}
