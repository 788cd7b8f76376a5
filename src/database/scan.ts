import type { ClientBase, Pool } from 'pg';
import type { Row, Scan } from '../rotation/store.ts';
import { hiddenRows } from './check-table.ts';
import { DatabaseError } from './database-error.ts';
import type { LockNumbers } from './lock-numbers.ts';
import { waitForWriters } from './open-writers.ts';
import { OWN_NAMES_ONLY } from './own-names.ts';
import { columnsOf, toRow } from './pages.ts';
import type { Table } from './table.ts';

/** What a page takes in memory, at the most, unless a single row is longer. */
const PAGE_BYTES = 4 * 1024 * 1024;
const PAGE_ROWS = 500;
const ATTEMPTS = 3;

/** One moment's state of the table for the whole transaction: https://www.postgresql.org/docs/current/transaction-iso.html */
const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/**
 * Makes the server read the table itself, from its first block to its last, and not what an index says is in it: an index misses rows
 * when it is damaged, or when the rules of its collation have changed since it was built. Lifts the limits that could end a
 * transaction which goes on for as long as there are rows; those that this version of the server does not have are passed over.
 */
const SEQUENTIAL_ONLY = `
  SELECT pg_catalog.set_config(name, CASE name WHEN 'enable_seqscan' THEN 'on' WHEN 'idle_in_transaction_session_timeout' THEN '0'
                                         WHEN 'transaction_timeout' THEN '0' ELSE 'off' END, true)
    FROM pg_catalog.pg_settings
   WHERE name OPERATOR(pg_catalog.=) ANY (ARRAY['enable_seqscan', 'enable_indexscan', 'enable_indexonlyscan', 'enable_bitmapscan',
                                                'idle_in_transaction_session_timeout', 'transaction_timeout'])`;

/**
 * TRUNCATE and the forms of ALTER TABLE that write the table anew ignore the snapshot of a transaction. One that came between the
 * snapshot and the first lock would make rows disappear; it shows in the file that the table stands in.
 * https://www.postgresql.org/docs/current/mvcc-caveats.html
 * The run's own lock is seen only on the server that has it: not on a standby to which a pooler may send whoever only reads.
 */
const UNTOUCHED = `
  WITH RECURSIVE part (oid) AS (
    SELECT $1::oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN part ON i.inhparent = part.oid
  )
  SELECT to_regclass($2) = $1::oid AS same,
         EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    AND (classid::bigint, objid::bigint) = ($3::bigint, $4::bigint)) AS locked,
         row_security_active($1::oid) AS row_security,
         current_user::text AS role,
         string_agg(part.oid::text, ' ' ORDER BY part.oid) AS parts,
         bool_and(NULLIF(c.relfilenode, 0) IS NOT DISTINCT FROM pg_relation_filenode(c.oid)) AS whole
    FROM part JOIN pg_class c USING (oid)`;

type Guard = <R>(query: () => Promise<R>) => Promise<R>;

/**
 * Reads every row of the table exactly once, as of one moment, whatever the state of its indexes and collations, and whatever policies,
 * functions and operators others have put there. Rows come in no particular order.
 *
 * @param signal - aborting it cuts the connection
 * @param guarded - turns what the database throws into a DatabaseError
 * @throws the signal's reason; DatabaseError, also where the table is not the one that was inspected; whatever `work` throws
 */
export async function scanTable<T>(
  pool: Pool,
  table: Table,
  numbers: LockNumbers,
  guarded: Guard,
  signal: AbortSignal,
  work: (scan: Scan) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const client = await guarded(() => pool.connect());
  const cut = () => void client.end().catch(() => {});
  signal.addEventListener('abort', cut);
  try {
    const result = await work(await guarded(() => openScan(client, table, numbers, guarded)));
    await guarded(() => client.query('ROLLBACK'));
    client.release();
    return result;
  } catch (error) {
    // Closed: a statement may be under way on it.
    client.release(true);
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', cut);
  }
}

async function openScan(client: ClientBase, table: Table, { owner }: LockNumbers, guarded: Guard): Promise<Scan> {
  const uncommitted = await waitForWriters(client, table);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    await client.query(`${BEGIN}; ${OWN_NAMES_ONLY}; ${SEQUENTIAL_ONLY}`);
    const { rows: states } = await client.query(UNTOUCHED, [table.oid, table.name, owner.classId, owner.objectId]);
    const [state] = states;
    if (state?.same !== true) {
      throw new DatabaseError(`${table.label} is no longer the table that this run started with: it was replaced`, null);
    }
    if (state.row_security === true) throw hiddenRows(table.label, String(state.role));
    if (state.locked !== true) {
      const hint = 'connect to the primary itself, without a pooler or proxy that sends some statements to other servers';
      throw new DatabaseError(
        "this run's lock is not visible on the reading connection: a different server may be answering",
        hint,
      );
    }
    const { rows: counted } = await client.query(sqlToMeasure(table));
    const { rows: checked } = await client.query(UNTOUCHED, [table.oid, table.name, owner.classId, owner.objectId]);
    if (checked[0]?.whole === true) {
      const largestRow = Number(counted[0]?.largest);
      const found = { rows: Number(counted[0]?.rows), largestRow, parts: String(checked[0]?.parts), uncommitted };
      return { ...found, pages: readCursor(client, table, pageRows(largestRow), guarded) };
    }
    await client.query('ROLLBACK');
  }
  throw new DatabaseError(`${table.label} keeps being rewritten (TRUNCATE, or ALTER TABLE)`, 'wait until that has ended');
}

/** @returns how many rows to read at a time */
function pageRows(largestRow: number): number {
  return Math.max(1, Math.min(PAGE_ROWS, Math.floor(PAGE_BYTES / largestRow)));
}

/** The next page is on its way while the caller works on this one. */
async function* readCursor(client: ClientBase, table: Table, rows: number, guarded: Guard): AsyncGenerator<Row[], void, void> {
  await guarded(() => client.query(sqlToRead(table)));
  const fetch = { text: `FETCH ${rows} FROM survey`, rowMode: 'array' as const };
  let next = client.query<(string | null)[]>(fetch);
  for (;;) {
    const page = await guarded(() => next);
    if (page.rows.length === 0) return;
    next = client.query(fetch);
    // Its failure surfaces when it is awaited; a caller that stops early never awaits it.
    next.catch(() => {});
    yield page.rows.map((row) => toRow(table, row));
  }
}

function sqlToMeasure({ name, id, values }: Table): string {
  const bytes = [id, ...values.map(({ sql }) => sql)].map((column) => `COALESCE(octet_length(${column}::text), 0)`).join(' + ');
  return `SELECT count(*) AS rows, COALESCE(max(${bytes}), 0) AS largest FROM ${name}`;
}

function sqlToRead(table: Table): string {
  return `DECLARE survey NO SCROLL CURSOR FOR SELECT ${columnsOf(table)} FROM ${table.name}`;
}
