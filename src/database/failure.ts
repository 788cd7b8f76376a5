/** The server answered, with an SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html */
export interface ServerFailure {
  readonly from: 'server';
  readonly sqlState: string;
  /** The server's own message. */
  readonly text: string;
  /** The server crashes, and cannot say what it wrote before. */
  readonly panic: boolean;
  readonly table: string | null;
  readonly constraint: string | null;
  /** The function, often a trigger's, that the statement was in when it failed. */
  readonly inFunction: string | null;
}

/** pg or Node failed without an answer of the server. */
export interface ClientFailure {
  readonly from: 'client';
  /** A code of Node (ECONNRESET); empty if there is none. */
  readonly code: string;
  readonly text: string;
}

/** What to print of a failure. The hint says what to do; it is null only for what can go away by itself. */
export type Explanation = readonly [message: string, hint: string | null];

/** @returns what the table says of the failure, before the server's own words; null if it says nothing of that SQLSTATE */
export function explainBySqlState(
  { sqlState, text }: ServerFailure,
  table: Readonly<Record<string, Explanation>>,
): Explanation | null {
  const found = Object.hasOwn(table, sqlState) ? table[sqlState] : undefined;
  return found === undefined ? null : [found[0] === '' ? text : `${found[0]}: ${text}`, found[1]];
}

/**
 * Digs through the layers around an error: Node keeps those of several addresses in an AggregateError. `detail` and `where` are left out, since they can hold values of rows.
 */
export function readFailure(error: unknown): ServerFailure | ClientFailure {
  // Only errors of the server have a severity (pg 8.23): each of their codes is an SQLSTATE, even EPIPE or P1017, which RAISE may use.
  if (typeof property(error, 'severity') === 'string') return serverFailure(error);
  // If connecting takes too long, pg-pool says so; its cause says only that the connection ended.
  const inner = text(error, 'message') === POOL_CONNECT_TIMEOUT ? undefined : property(error, 'cause');
  if (inner !== undefined) return readFailure(inner);
  const [first]: unknown[] = error instanceof AggregateError ? error.errors : [error];
  return { from: 'client', code: text(first, 'code'), text: text(first, 'message') };
}

/** pg 8.23 */
export const QUERY_TIMEOUT = 'Query read timeout';
/** pg-pool 3.14 */
export const POOL_CONNECT_TIMEOUT = 'Connection terminated due to connection timeout';

function serverFailure(error: unknown): ServerFailure {
  return {
    from: 'server',
    sqlState: text(error, 'code'),
    text: text(error, 'message'),
    panic: text(error, 'severity') === 'PANIC',
    table: text(error, 'table') || null,
    constraint: text(error, 'constraint') || null,
    inFunction: functionIn(text(error, 'where')),
  };
}

/** `PL/pgSQL function audit() line 3 at SQL statement`, in whatever language; lines that quote a statement begin differently. */
function functionIn(where: string): string | null {
  return /^[^"'\n]*PL\/\w+[^"'\n]*?([\w.$]+)\(/mu.exec(where)?.[1] ?? null;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown, name: string): string {
  const found = property(value, name);
  return typeof found === 'string' ? found : '';
}
