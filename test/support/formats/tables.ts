import type { StoredTable } from './stored-value.ts';
import { boundTables } from './tables-bound.ts';
import { jsonTables } from './tables-json.ts';
import { textTables } from './tables-text.ts';

/** Tables as Prisma applications have them, each in another format, in the order in which the tool works on them. */
export const TABLES: readonly StoredTable[] = [...textTables, ...jsonTables, ...boundTables];

/** The models of all of them. */
export const MODELS = TABLES.map(({ model }) => model).join('\n');
