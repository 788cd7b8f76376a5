import type { Pool, PoolClient } from 'pg';
import { explain } from './explain.ts';
import { writeTo } from './pool-transaction.ts';
import type { Registry } from './registry.ts';
import type { DatabaseSettings } from './settings.ts';

/** Who changes the registry, and why. */
export interface Author {
  readonly operator: string;
  readonly host: string;
  readonly runId: string;
  /** What --reason says; null without it. */
  readonly reason: string | null;
}

/** What a full pass over all encrypted fields found. */
export interface Finding {
  /** How many values each key of the run opened, by its fingerprint. */
  readonly values: ReadonlyMap<string, number>;
  /** The target, if every value is under it. */
  readonly all: string | null;
  /** Whether every value was opened: then no other key has one. */
  readonly isComplete: boolean;
  /**
   * Whether it read all there is: no transaction that had written was open, and no column outside the fields names keys of the registry.
   * Otherwise the survey neither begins a series of those that found a key unused, nor ends it.
   */
  readonly isSettled: boolean;
  /** Keys under which the same run found values before, by their fingerprints: they are unused since now at the earliest. */
  readonly usedBefore: readonly string[];
}

/** Writes to the registry. Each method rejects with DatabaseError. */
export interface RegistryWriter {
  /**
   * Enters the keys that the registry does not have.
   *
   * @returns the fingerprints of those
   */
  enter(keys: readonly { readonly fingerprint: string; readonly source: string }[]): Promise<readonly string[]>;
  /**
   * Records what a survey found. A key is unused since the first of an unbroken series of complete surveys that found no value under it;
   * a value under it, or a survey that is not complete, ends the series. A retired key keeps what is recorded of its retirement, unless
   * a value is found under it.
   */
  record(finding: Finding): Promise<void>;
}

const ENTER = (name: string) => `
  INSERT INTO ${name} (fingerprint, source, operator, host, run_id, reason)
  SELECT entered.fingerprint, entered.source, $3, $4, $5, $6
    FROM unnest($1::text[], $2::text[]) AS entered (fingerprint, source)
      ON CONFLICT (fingerprint) DO NOTHING
  RETURNING fingerprint`;

const RECORD = (name: string) => `
  UPDATE ${name} AS known
     SET activated_at = CASE WHEN seen.rows > 0 THEN COALESCE(known.activated_at, now()) ELSE known.activated_at END,
         last_verified_at = CASE WHEN known.fingerprint = $3 THEN now() ELSE known.last_verified_at END,
         unused_since = CASE WHEN seen.rows > 0 OR NOT $4::boolean THEN NULL
                             WHEN known.fingerprint = ANY ($5::text[]) AND $6::boolean THEN now()
                             WHEN known.fingerprint = ANY ($5::text[]) THEN NULL
                             WHEN NOT $6::boolean THEN known.unused_since
                             ELSE COALESCE(known.unused_since, now()) END,
         rows = seen.rows,
         operator = $7, host = $8, run_id = $9, reason = COALESCE($10, known.reason)
    FROM (SELECT listed.fingerprint, CASE WHEN found.rows IS NULL AND $4::boolean THEN 0 ELSE found.rows END AS rows
            FROM ${name} AS listed LEFT JOIN unnest($1::text[], $2::bigint[]) AS found (fingerprint, rows) USING (fingerprint)) AS seen
   WHERE known.fingerprint = seen.fingerprint AND (known.retired_at IS NULL OR seen.rows > 0)`;

export function createRegistryWriter(
  pool: Pool,
  { name }: Registry,
  settings: DatabaseSettings,
  { operator, host, runId, reason }: Author,
): RegistryWriter {
  const signature = [operator, host, runId, reason];
  const guarded = <T>(work: (client: PoolClient) => Promise<T>) =>
    writeTo(pool, work).catch((error: unknown) => {
      throw explain(error, settings);
    });
  return {
    enter: (keys) =>
      guarded(async (client) => {
        const values = [keys.map(({ fingerprint }) => fingerprint), keys.map(({ source }) => source), ...signature];
        const { rows } = await client.query<{ fingerprint: string }>(ENTER(name), values);
        return rows.map(({ fingerprint }) => fingerprint);
      }),
    record: ({ values, all, isComplete, isSettled, usedBefore }) =>
      guarded(async (client) => {
        const found = [[...values.keys()], [...values.values()], all, isComplete, usedBefore, isSettled];
        await client.query(RECORD(name), [...found, ...signature]);
      }),
  };
}
