import type { EncryptionKey } from '../crypto/encryption-key.ts';
import { columnPlace, partsIn, placeName, placesOf } from './places.ts';
import { isPrintable } from './printable-template.ts';
import { recognize, sum } from './recognize.ts';
import type { IdColumn, NotRead, SampledColumn, TableSample } from './sample.ts';
import { templateText } from './template-text.ts';

/** A column of a value, and what its field in schema.prisma is marked with. */
interface FoundColumn extends SampledColumn {
  /** To be written behind `/// @encrypted`, or behind a name in parentheses; null if it could show what a cell holds. */
  readonly template: string | null;
}

/** An encrypted value of a table, under one of the keys for sure. */
export interface FoundValue {
  readonly schema: string;
  readonly table: string;
  readonly id: IdColumn | null;
  readonly columns: readonly FoundColumn[];
  /** The places that hold its iv or its tag. */
  readonly places: readonly string[];
  /** Sampled rows in which it was decrypted, by the fingerprint of the key. */
  readonly under: ReadonlyMap<string, number>;
  readonly sampledRows: number;
}

/** A value that schema.prisma has already, with the names of the database. */
export interface RegisteredValue {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly places: readonly string[];
}

/**
 * Finds the encrypted values of a table.
 *
 * @param attempts - the most layouts to try
 * @returns what was found, and what was not tried
 */
export function findValues(
  sample: TableSample,
  keys: readonly EncryptionKey[],
  attempts: number,
): { readonly values: readonly FoundValue[]; readonly notTried: readonly NotRead[] } {
  const { schema, table, id, rows } = sample;
  const { values, complete } = recognize(sample, keys, attempts);
  const found = values.map(({ layout, under }) => {
    const columns = layout.columns.map((column) => ({
      ...kindOf(sample, column.column),
      template: isPrintable(column, sum(under.values())) ? templateText(column) : null,
    }));
    const places = placesOf(layout).filter((place) => partsIn(place).some((part) => part !== 'content'));
    return { schema, table, id, columns, places: places.map(placeName), under, sampledRows: rows.length };
  });
  const reason = `too many columns could be parts of a value: only ${attempts} layouts were tried`;
  return { values: found, notTried: complete ? [] : [{ kind: 'unread', schema, table, column: null, reason }] };
}

function kindOf({ columns }: TableSample, name: string): SampledColumn {
  return columns.find((column) => column.name === name) ?? { name, kind: 'text' };
}

/**
 * Whether iv and tag of the value are those of one that is registered. With the same iv, tag and key, another content that decrypts is
 * a copy of the same one.
 */
export function isRegistered(value: FoundValue, registered: readonly RegisteredValue[]): boolean {
  return registered.some(
    ({ schema, table, places }) =>
      schema === value.schema &&
      table === value.table &&
      value.places.every((place) => places.includes(place) || places.includes(columnPlace(place))),
  );
}

/** What is in the way of registering a value. */
export interface Obstacle {
  /** Such as `shares column iv with another value`, since a mark stands on a column of its own; null if nothing is. */
  readonly problem: string | null;
  /** Whether its iv is that of a registered value, so that rotating that one would destroy it. */
  readonly endangered: boolean;
}

/** @param others - the other values that are not registered */
export function obstacleTo(value: FoundValue, registered: readonly RegisteredValue[], others: readonly FoundValue[]): Obstacle {
  const isNear = ({ schema, table }: { readonly schema: string; readonly table: string }) =>
    schema === value.schema && table === value.table;
  const known = registered.filter(isNear);
  const taken = new Set([
    ...known.flatMap(({ columns }) => columns),
    ...others.filter(isNear).flatMap(({ columns }) => columns.map(({ name }) => name)),
  ]);
  const shared = value.columns.find(({ name }) => taken.has(name));
  return {
    problem: shared === undefined ? null : `shares column ${shared.name} with another value`,
    endangered: known.some(({ places }) => value.places.some((place) => places.includes(place))),
  };
}
