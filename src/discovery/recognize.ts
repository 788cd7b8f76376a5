import type { EncryptionKey } from '../crypto/encryption-key.ts';
import { createLayout, type StoredValue } from '../layout/layout.ts';
import type { LayoutDefinition } from '../layout/template.ts';
import { ownValues, sharedColumns } from './candidates.ts';
import { partsIn, placeName, placesOf } from './places.ts';
import { complexity, formsOf } from './preference.ts';
import type { Sample, SampledColumn } from './sample.ts';
import { keyOf, Trials } from './trials.ts';

/** An encrypted value of a table: where it is, and what shows that. */
interface Recognized {
  /** Names columns as the database does. */
  readonly layout: LayoutDefinition;
  /** Sampled rows in which it can be decrypted, by the fingerprint of the key. */
  readonly under: ReadonlyMap<string, number>;
}

/** Rows on which a layout is tried before it may be put off. */
const LEAST_MISSES = 4;

export interface Recognition {
  /** No place is in two of them, apart from that of an iv alone. */
  readonly values: readonly Recognized[];
  /** Whether every layout was tried on every row. */
  readonly complete: boolean;
}

/**
 * Finds the columns that hold values under the keys, by trying the layouts that occur. What it finds is certain: a wrong layout does not
 * get past the authentication tag. It cannot see a value that is bound to associated data.
 *
 * @param attempts - the most layouts to try, in all
 */
export function recognize({ columns, rows }: Sample, keys: readonly EncryptionKey[], attempts: number): Recognition {
  const trials = new Trials(keys, attempts, Math.max(LEAST_MISSES, rows.length / 4));
  const found = layoutsThatOpen(rows, trials, columns);
  return { values: best(found, rows, keys), complete: !trials.exhausted };
}

/** @returns the layouts by which values were decrypted; for each row those that no layout of another row has shown already */
function layoutsThatOpen(
  rows: readonly StoredValue[],
  trials: Trials,
  columns: readonly SampledColumn[],
): readonly LayoutDefinition[] {
  const found: LayoutDefinition[] = [];
  for (const row of rows) {
    const opened = found.filter((layout) => trials.succeeds(layout, row));
    const taken = new Set(opened.flatMap(claimsOf));
    for (const layout of candidatesIn(columns, row)) {
      if (trials.exhausted) return found;
      if (claimsOf(layout).some((column) => taken.has(column)) || !trials.succeeds(layout, row)) continue;
      found.push(layout);
      for (const column of claimsOf(layout)) taken.add(column);
    }
  }
  return [...found, ...trials.finish()];
}

/** Of each row all, before the next: digests in many rows can use up all that may be tried. */
function* candidatesIn(columns: readonly SampledColumn[], row: StoredValue): Generator<LayoutDefinition> {
  yield* ownValues(columns, row);
  yield* sharedColumns(columns, row);
}

/** Keeps, of layouts that share a column, the one that fits most rows, and the simplest of those that fit as many. */
function best(
  layouts: readonly LayoutDefinition[],
  rows: readonly StoredValue[],
  keys: readonly EncryptionKey[],
): readonly Recognized[] {
  const judged = layouts.flatMap(formsOf).map((layout) => {
    const reader = createLayout(layout);
    const under = new Map<string, number>();
    for (const row of rows) {
      const fingerprint = keyOf(reader, row, keys)?.fingerprint;
      if (fingerprint !== undefined) under.set(fingerprint, (under.get(fingerprint) ?? 0) + 1);
    }
    return { layout, under, rows: sum(under.values()), complexity: complexity(layout) };
  });
  judged.sort((one, other) => other.rows - one.rows || one.complexity - other.complexity);
  const taken = new Set<string>();
  return judged.flatMap(({ layout, under }) => {
    const names = claimsOf(layout);
    if (names.some((name) => taken.has(name))) return [];
    for (const name of names) taken.add(name);
    return [{ layout, under }];
  });
}

/** What belongs to one value alone: its places without that of a lone iv, which values may share. */
function claimsOf(layout: LayoutDefinition): readonly string[] {
  return placesOf(layout)
    .filter((place) => partsIn(place).join() !== 'iv')
    .map(placeName);
}

export function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
