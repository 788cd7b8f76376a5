import type { ColumnKind, SampledColumn } from '../discovery/sample.ts';
import { quote } from './own-names.ts';

/** How much of each table a search looks at. */
export interface SampleSize {
  /** Rows of a table: so many from its beginning, and of a larger one so many more from pages here and there. */
  readonly rows: number;
  /** Pages that the latter are from. */
  readonly pages: number;
  /** How long any one statement may take, and how long it may wait for a lock. */
  readonly statementMs: number;
  readonly lockMs: number;
  /** How long reading and recognizing may take in all; null: as long as it takes, and a list of tables that fails is an error. */
  readonly totalMs: number | null;
  /** How long the search for values of columns that the sample shows as null may take, in all. */
  readonly rareMs: number;
  /** Whether to name columns that may hold text but are of a type that is not read. */
  readonly otherTypes: boolean;
  /** Layouts that are tried on a table, at the most. */
  readonly attempts: number;
}

/** Longer cells are left out: an encrypted value is a key, a token or a short text. */
export const MOST_CELL_BYTES = 16 * 1024;
const PAGE_BYTES = 8192;

const KINDS: Readonly<Record<string, ColumnKind>> = {
  text: 'text',
  'character varying': 'text',
  character: 'text',
  bpchar: 'text',
  bytea: 'bytes',
  json: 'json',
  jsonb: 'json',
};

/** @param type - the type as format_type names it, that behind a domain */
export function kindOf(type: string): ColumnKind | null {
  return KINDS[type] ?? null;
}

/** Types that hold text, and that no field of prisma/schema.prisma which the tool can rotate is of. */
const OTHER_TYPES = ['citext', 'hstore', 'xml'];

/** @param type - as kindOf takes it; that of an extension is behind a schema */
export function mayHoldText(type: string): boolean {
  const element = type.replace(/\[\]$/u, '');
  const name = element.replace(/^.*\./u, '');
  return OTHER_TYPES.includes(name) || (element !== type && kindOf(element) !== null);
}

/** Reads rows from the beginning of a table. */
export function sqlToBegin(name: string, columns: readonly SampledColumn[], rows: number): string {
  return `SELECT ${columns.map(cell).join(', ')} FROM ${name} LIMIT ${rows}`;
}

/**
 * Reads rows of pages here and there.
 *
 * @param parts - the oids of the table and of its partitions or child tables
 */
export function sqlToSample(
  name: string,
  parts: readonly string[],
  columns: readonly SampledColumn[],
  { rows, pages }: Pick<SampleSize, 'rows' | 'pages'>,
): string {
  // Here and not where tables are listed: it waits for a lock, and only this statement has a limit of its own.
  const bytes = `(SELECT sum(pg_relation_size(part)) FROM unnest('{${parts.join(',')}}'::regclass[]) AS part)`;
  const share = `least(100, ${pages * PAGE_BYTES * 100} / greatest(1, ${bytes}))`;
  const sampled = `SELECT ${columns.map((column) => quote(column.name)).join(', ')} FROM ${name} TABLESAMPLE SYSTEM (${share})`;
  return `SELECT ${columns.map(cell).join(', ')} FROM (${sampled} ORDER BY random() LIMIT ${rows}) AS sampled`;
}

/** Reads rows in which a column is not null. */
export function sqlToFind(name: string, column: SampledColumn, columns: readonly SampledColumn[], rows: number): string {
  return `SELECT ${columns.map(cell).join(', ')} FROM ${name} WHERE ${cell(column)} IS NOT NULL LIMIT ${rows}`;
}

/** The cell as text, as a layout reads it; null where it is too long. How long it is stored is looked at first, which reads no value. */
function cell({ name, kind }: SampledColumn): string {
  const column = quote(name);
  switch (kind) {
    case 'text':
      return `CASE WHEN octet_length(${column}) <= ${MOST_CELL_BYTES} THEN ${column} END`;
    case 'bytes':
      return `CASE WHEN octet_length(${column}) <= ${MOST_CELL_BYTES} THEN encode(${column}, 'hex') END`;
    case 'json':
      return `CASE WHEN pg_column_size(${column}) > ${MOST_CELL_BYTES} THEN NULL
                   WHEN octet_length(${column}::text) <= ${MOST_CELL_BYTES} THEN ${column}::text END`;
    default:
      return kind satisfies never;
  }
}
