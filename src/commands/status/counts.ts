import type { KeyRing } from '../../crypto/key-ring.ts';
import { countKeyIds, hasKeyId } from '../../database/key-ids.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import type { InspectedField } from '../../database/table.ts';
import type { Pool } from '../../database/with-pool.ts';
import { type Total, totalOf } from '../../report/total.ts';
import { Run, type RunOptions } from '../../rotation/run.ts';
import { refuse } from '../../text/problem.ts';

/** Rows by the fingerprint that they name; by null those that name no key. */
type Names = ReadonlyMap<string | null, number>;

/** How many values are under which key. */
export type Counts =
  | {
      readonly kind: 'decrypted';
      readonly total: Total;
      readonly under: ReadonlyMap<string, number>;
      /** What the rows name; null unless some cannot be decrypted and all could have a key id. */
      readonly names: Names | null;
    }
  /** Nothing was decrypted: the rows say so themselves. */
  | { readonly kind: 'named'; readonly names: Names };

/**
 * Decrypts every value with whichever key does. Writes nothing.
 *
 * @throws DatabaseError, the signal's reason
 */
export async function countByDecrypting(
  { pool, fields }: { readonly pool: Pool; readonly fields: readonly InspectedField[] },
  settings: DatabaseSettings,
  ring: KeyRing,
  options: RunOptions,
): Promise<Counts> {
  const run = new Run(options);
  const found = await run.surveyAll('survey', ring).finally(() => run.end());
  const total = totalOf(found);
  const under = new Map<string, number>();
  for (const { census } of found) for (const [key, values] of census.under) under.set(key, (under.get(key) ?? 0) + values);
  const isNamed = total.unreadable > 0 && fields.every(({ table }) => hasKeyId(table));
  return { kind: 'decrypted', total, under, names: isNamed ? await countNames(pool, fields, settings) : null };
}

/**
 * Counts what the rows name.
 *
 * @throws UsageError if a field has no key id; DatabaseError
 */
export async function countByName(pool: Pool, fields: readonly InspectedField[], settings: DatabaseSettings): Promise<Counts> {
  const without = fields.find(({ table }) => !hasKeyId(table));
  if (without !== undefined) {
    refuse(
      `--fast counts by the id of the key, and ${without.name} has no column for it`,
      'leave --fast out, or add a column with /// @encrypted {keyId} to prisma/schema.prisma (docs/zero-downtime.md)',
    );
  }
  return { kind: 'named', names: await countNames(pool, fields, settings) };
}

async function countNames(pool: Pool, fields: readonly InspectedField[], settings: DatabaseSettings): Promise<Names> {
  const names = new Map<string | null, number>();
  for (const { table } of fields) {
    for (const [key, rows] of await countKeyIds(pool, table, settings)) names.set(key, (names.get(key) ?? 0) + rows);
  }
  return names;
}
