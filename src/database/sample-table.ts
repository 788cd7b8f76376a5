import type { IdColumn, NotRead, SampledColumn, TableSample } from '../discovery/sample.ts';
import type { StoredValue } from '../layout/layout.ts';
import type { ListedColumn, ListedTable } from './list-tables.ts';
import { quote } from './own-names.ts';
import type { Read, SampleReader } from './read-sample.ts';
import { kindOf, MOST_CELL_BYTES, mayHoldText, type SampleSize, sqlToBegin, sqlToFind, sqlToSample } from './sample-sql.ts';
import { TEXT_TYPES } from './value-column.ts';

/** What came of a table. */
export interface SampledTable {
  /** Null where no row could be read, or none has a value in a column that matters. */
  readonly sample: TableSample | null;
  readonly notRead: readonly NotRead[];
}

/** How long may still be taken over all tables. */
export interface Patience {
  /** For looking for rare values. */
  rareMs: number;
  /** For everything: until then, as performance.now() has it. */
  until: number;
}

/** TABLESAMPLE thinks of each block of a table, so that it takes too long for one of more than 8 GB. */
const MOST_BLOCKS = 1_000_000;
const NO_TIME = 'no time left';

type ReadableColumn = SampledColumn & Pick<ListedColumn, 'is_null'>;

/** Reads some rows of a table: its text, bytea and json columns, as far as the role may. */
export async function sampleTable(
  read: SampleReader,
  schema: string,
  table: ListedTable,
  size: SampleSize,
  patience: Patience,
): Promise<SampledTable> {
  const about = (kind: NotRead['kind'], column: string | null, reason: string): NotRead => ({
    ...{ kind, schema, table: table.name, column, reason },
  });
  const own = table.columns.filter(({ is_inherited, is_generated }) => !is_inherited && !is_generated);
  const others = size.otherTypes ? own.filter(({ type }) => mayHoldText(type)) : [];
  const notSupported = others.map(({ name: column, type }) => about('unread', column, `it is of type ${type}`));
  const wanted = own.filter(({ type }) => kindOf(type) !== null);
  const refused = wanted.filter(({ may_select }) => !may_select);
  if (wanted.length === 0) return { sample: null, notRead: notSupported };
  const forbidden = 'this role may not SELECT it';
  if (refused.length === wanted.length) return { sample: null, notRead: [about('unread', null, forbidden)] };
  if (table.row_security) return { sample: null, notRead: [about('unread', null, 'row-level security hides rows of it')] };

  if (isOver(patience)) return { sample: null, notRead: [about('unread', null, NO_TIME)] };

  const columns = wanted.flatMap(readable);
  const name = `${quote(schema)}.${quote(table.name)}`;
  const first = await read([sqlToBegin(name, columns, size.rows)], columns);
  if (first.kind === 'failed') return { sample: null, notRead: [about('unread', null, first.reason)] };
  const begin = first.results.flat();
  const isWhole = begin.length < size.rows;
  const hasMore = !isWhole && table.blocks <= MOST_BLOCKS && !isOver(patience);
  // A message of its own: where it fails, the rows from the beginning are still there.
  const more = hasMore ? await read([sqlToSample(name, table.parts, columns, size)], columns) : null;
  const rows = distinct([...begin, ...(more?.kind === 'rows' ? more.results.flat() : [])]);
  const notRead = [...notSupported, ...refused.map((column) => about('unread', column.name, forbidden))];
  if (rows.length === 0) return { sample: null, notRead: [...notRead, about('empty', null, 'it has no rows')] };
  for (const column of columns.filter((each) => !hasValue(rows, each))) {
    const rare = isWhole || column.is_null ? null : await findRare(read, name, column, columns, size, patience);
    if (rare?.kind === 'failed')
      notRead.push(about('unread', column.name, `only nulls in ${rows.length} rows, then: ${rare.reason}`));
    const found = rare?.kind === 'rows' ? rare.results.flat() : [];
    rows.push(...found);
    const within = isWhole ? 'it is null, or too long, in every row' : `no value of up to ${MOST_CELL_BYTES / 1024} kB was found`;
    if (found.length === 0 && rare?.kind !== 'failed') notRead.push(about('empty', column.name, within));
  }
  const seen = columns.filter((column) => hasValue(rows, column));
  if (seen.length === 0) return { sample: null, notRead };
  return { sample: { schema, table: table.name, id: idOf(table.columns), columns: seen, rows }, notRead };
}

function readable({ name, type, may_select, is_null }: ListedColumn): ReadableColumn[] {
  const kind = kindOf(type);
  return kind === null || !may_select ? [] : [{ name, kind, is_null }];
}

/** Looks for rows in which a column has a value after all. */
async function findRare(
  read: SampleReader,
  name: string,
  column: SampledColumn,
  columns: readonly SampledColumn[],
  { rows }: SampleSize,
  patience: Patience,
): Promise<Read> {
  if (patience.rareMs <= 0 || isOver(patience)) return { kind: 'failed', reason: NO_TIME };
  const start = performance.now();
  const found = await read([sqlToFind(name, column, columns, rows)], columns);
  patience.rareMs -= performance.now() - start;
  return found;
}

function isOver({ until }: Patience): boolean {
  return performance.now() > until;
}

function distinct(rows: readonly StoredValue[]): StoredValue[] {
  return [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()];
}

function hasValue(rows: readonly StoredValue[], { name }: SampledColumn): boolean {
  return rows.some((row) => row[name] !== null);
}

/** The primary key if it is a single column of a type that rows can be read by, or another such column. */
function idOf(columns: readonly ListedColumn[]): IdColumn | null {
  const ids = columns.flatMap((column) => {
    const type = idType(column.type);
    return column.is_id && type !== null ? [{ name: column.name, type, isPrimary: column.is_primary }] : [];
  });
  const [id] = [...ids.filter(({ isPrimary }) => isPrimary), ...ids];
  return id === undefined ? null : { name: id.name, type: id.type };
}

function idType(type: string): IdColumn['type'] | null {
  if (type === 'uuid' || TEXT_TYPES.includes(type) || type === 'character') return 'String';
  if (type === 'integer' || type === 'smallint') return 'Int';
  return type === 'bigint' ? 'BigInt' : null;
}
