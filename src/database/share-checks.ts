import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import { explain } from './explain.ts';
import { quote } from './own-names.ts';
import { readFrom, writeTo } from './pool-transaction.ts';
import type { Registry } from './registry.ts';
import type { DatabaseSettings } from './settings.ts';
import type { Author } from './write-registry.ts';

const TABLE = 'encryption_key_shares';

/** An escrow share that its custodian has checked. */
export interface CheckedShare {
  readonly fingerprint: string;
  readonly splitId: string;
  readonly number: number;
  readonly threshold: number;
  readonly total: number;
}

const split = z.object({
  fingerprint: z.string(),
  split_id: z.string(),
  threshold: z.number(),
  total: z.number(),
  /** How many of its shares were ever checked. */
  checked: z.coerce.number(),
  last_checked_at: z.date(),
});
/** What is known of the checks of a split. */
export type SplitChecks = z.infer<typeof split>;

const READ = (name: string) => `
  SELECT fingerprint, split_id, threshold, total, count(*) AS checked, max(checked_at) AS last_checked_at
    FROM ${name} GROUP BY fingerprint, split_id, threshold, total ORDER BY max(checked_at) DESC, split_id`;

/** All columns that prisma/encryption-key-shares.sql makes. */
const COLUMNS = ['fingerprint', 'split_id', 'number', 'threshold', 'total', 'checked_at'];

const DESCRIBE = `
  SELECT to_regclass($1) IS NOT NULL AS is_there, has_table_privilege(to_regclass($1), 'SELECT') AS may_read,
         ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped) AS columns`;

const description = z.object({ is_there: z.boolean(), may_read: z.boolean().nullable(), columns: z.array(z.string()) });

/** @returns also a column that the table should have and does not: then it is another table of the same name */
async function describe(client: PoolClient, name: string) {
  const { rows } = await client.query(DESCRIBE, [name]);
  const { columns, ...found } = description.parse(rows[0]);
  return { ...found, missingColumn: COLUMNS.find((column) => !columns.includes(column)) ?? null };
}

/**
 * Reads which shares were checked, in the schema that DATABASE_URL names.
 *
 * @returns the splits, those that were checked last first; null if there is no table encryption_key_shares, it is another one of that name, or the role
 *   may not read it
 * @throws what pg throws
 */
export function readShareChecks(pool: Pool, settings: DatabaseSettings): Promise<readonly SplitChecks[] | null> {
  const name = nameOf(settings);
  return readFrom(pool, async (client) => {
    const { may_read, missingColumn } = await describe(client, name);
    if (may_read !== true || missingColumn !== null) return null;
    const { rows } = await client.query(READ(name));
    return rows.map((row) => split.parse(row));
  });
}

/** Two custodians at the same time: the second one waits, and then sees the check of the first. */
const LOCK = (registry: string) => `SELECT FROM ${registry} WHERE fingerprint = $1 FOR NO KEY UPDATE`;

const CHECK = (name: string) => `
  INSERT INTO ${name} (fingerprint, split_id, number, threshold, total) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (split_id, number) DO UPDATE SET checked_at = now()`;

/** A split was checked when the one of its shares was that has waited longest; of several splits, the one that did so last counts. */
const COMPLETE = (name: string, registry: string) => `
  UPDATE ${registry}
     SET escrow_checked_at = complete.since, operator = $2, host = $3, run_id = $4, reason = COALESCE($5, reason)
    FROM (SELECT max(since) AS since
            FROM (SELECT min(checked_at) AS since FROM ${name} WHERE fingerprint = $1 GROUP BY split_id, total HAVING count(*) = total) AS whole
         ) AS complete
   WHERE fingerprint = $1 AND retired_at IS NULL AND complete.since IS DISTINCT FROM escrow_checked_at AND complete.since IS NOT NULL`;

/** What became of a check. */
type RecordedCheck =
  | { readonly kind: 'recorded'; readonly checks: SplitChecks }
  /** There is no table encryption_key_shares. */
  | { readonly kind: 'no-table' }
  /** The one that is there does not have this column. */
  | { readonly kind: 'no-column'; readonly column: string };

/**
 * Records that a share was checked, and of its key when all shares of a split were.
 *
 * @returns what is known of its split now, or why nothing was recorded
 * @throws DatabaseError
 */
export async function recordShareCheck(
  pool: Pool,
  registry: Registry,
  settings: DatabaseSettings,
  { operator, host, runId, reason }: Author,
  { fingerprint, splitId, number, threshold, total }: CheckedShare,
): Promise<RecordedCheck> {
  const name = nameOf(settings);
  try {
    return await writeTo(pool, async (client) => {
      const { is_there, missingColumn } = await describe(client, name);
      if (!is_there) return { kind: 'no-table' };
      if (missingColumn !== null) return { kind: 'no-column', column: missingColumn };
      await client.query(LOCK(registry.name), [fingerprint]);
      await client.query(CHECK(name), [fingerprint, splitId, number, threshold, total]);
      await client.query(COMPLETE(name, registry.name), [fingerprint, operator, host, runId, reason]);
      const { rows } = await client.query(READ(name));
      return { kind: 'recorded', checks: split.parse(rows.find(({ split_id }) => split_id === splitId)) };
    });
  } catch (error) {
    throw explain(error, settings);
  }
}

function nameOf({ schema }: DatabaseSettings): string {
  return `${quote(schema)}.${quote(TABLE)}`;
}
