import type { ClientBase, Pool } from 'pg';
import type { NotRead, TableSample } from '../discovery/sample.ts';
import { DatabaseError } from './database-error.ts';
import { explain } from './explain.ts';
import { readFailure } from './failure.ts';
import { type ListedTable, listTables } from './list-tables.ts';
import { readInTransaction } from './own-names.ts';
import { createSampleReader, limits } from './read-sample.ts';
import type { SampleSize } from './sample-sql.ts';
import { type Patience, type SampledTable, sampleTable } from './sample-table.ts';
import type { DatabaseSettings } from './settings.ts';

/** A schema as the database names it. */
export interface SearchedSchema {
  readonly name: string;
  /** Whether it is an error if there is no such schema. */
  readonly required: boolean;
}

const NO_TABLE: SampledTable = { sample: null, notRead: [] };

/**
 * Reads some rows of every table in the schemas that the role may read.
 *
 * @param signal - aborting it ends the reading after the statement in hand
 * @param onSample - is given each table, one after the other
 * @returns by name, what was not read, and what had nothing to read
 * @throws DatabaseError where a required schema is missing, or the connection is lost; the signal's reason
 */
export async function readSamples(
  pool: Pool,
  settings: DatabaseSettings,
  schemas: readonly SearchedSchema[],
  size: SampleSize,
  signal: AbortSignal,
  onSample: (sample: TableSample) => void,
): Promise<readonly NotRead[]> {
  const notRead: NotRead[] = [];
  const client = await pool.connect().catch((error: unknown) => {
    throw explain(error, settings);
  });
  try {
    const statementMs = Math.max(1, Math.min(size.statementMs, settings.statementTimeoutMs / 2));
    const read = createSampleReader(client, settings, Math.floor(statementMs), size.lockMs);
    const patience: Patience = { rareMs: size.rareMs, until: performance.now() + (size.totalMs ?? Number.POSITIVE_INFINITY) };
    for (const { name: schema, required } of schemas) {
      const start = performance.now();
      const { tables, failed } = await list(client, schema, required, settings, size);
      // The list has a limit of its own.
      patience.until += performance.now() - start;
      notRead.push(...failed);
      const readNext = (table: ListedTable | undefined): Promise<SampledTable> => {
        const next = table === undefined ? Promise.resolve(NO_TABLE) : sampleTable(read, schema, table, size, patience);
        // Met when it is awaited; a search that stops early never does.
        next.catch(() => {});
        return next;
      };
      let next = readNext(tables[0]);
      for (const index of tables.keys()) {
        signal.throwIfAborted();
        const { sample, notRead: without } = await next;
        // The server works on the next table while the caller does on this one.
        next = readNext(tables[index + 1]);
        if (sample !== null) onSample(sample);
        notRead.push(...without);
      }
    }
    client.release();
    return notRead;
  } catch (error) {
    // Closed: a statement may be under way on it.
    client.release(true);
    throw error;
  }
}

interface List {
  readonly tables: readonly ListedTable[];
  readonly failed: readonly NotRead[];
}

async function list(
  client: ClientBase,
  schema: string,
  required: boolean,
  settings: DatabaseSettings,
  { totalMs }: SampleSize,
): Promise<List> {
  try {
    const tables = await readInTransaction(client, 'ISOLATION LEVEL READ COMMITTED READ ONLY', async () => {
      const most = Math.min(settings.statementTimeoutMs, totalMs ?? settings.statementTimeoutMs);
      await client.query(limits(most, most));
      return listTables(client, schema);
    });
    if (tables !== null || !required) return { tables: tables ?? [], failed: [] };
  } catch (error) {
    const explained = explain(error, settings);
    if (totalMs === null || readFailure(error).from === 'client') throw explained;
    await client.query('ROLLBACK').catch((lost: unknown) => {
      throw explain(lost, settings);
    });
    const reason = `its tables could not be listed: ${explained.message}`;
    return { tables: [], failed: [{ kind: 'unread', schema, table: '*', column: null, reason }] };
  }
  const hint = 'check ?schema= in DATABASE_URL';
  throw new DatabaseError(`there is no schema ${schema} in database ${settings.name}`, hint);
}
