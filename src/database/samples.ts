import type { ClientBase, Pool } from 'pg';
import type { NotRead, TableSample } from '../discovery/sample.ts';
import { DatabaseError } from './database-error.ts';
import { explain } from './explain.ts';
import { type ListedTable, listTables } from './list-tables.ts';
import { readInTransaction } from './own-names.ts';
import { createSampleReader, limit } from './read-sample.ts';
import type { SampleSize } from './sample-sql.ts';
import { type SampledTable, sampleTable } from './sample-table.ts';
import type { DatabaseSettings } from './settings.ts';

const NO_TABLE: SampledTable = { sample: null, notRead: [] };

/**
 * Reads some rows of every table in the schemas that the role may read.
 *
 * @param schemas - as the database names them
 * @param signal - aborting it ends the reading after the statement in hand
 * @param onSample - is given each table, one after the other
 * @returns by name, what was not read, and what had nothing to read
 * @throws DatabaseError where there is no such schema, or the connection is lost; the signal's reason
 */
export async function readSamples(
  pool: Pool,
  settings: DatabaseSettings,
  schemas: readonly string[],
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
    const read = createSampleReader(client, settings, Math.floor(statementMs));
    const patience = { leftMs: size.rareMs };
    for (const schema of schemas) {
      const tables = await list(client, schema, settings);
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

async function list(client: ClientBase, schema: string, settings: DatabaseSettings): Promise<readonly ListedTable[]> {
  const tables = await readInTransaction(client, 'ISOLATION LEVEL READ COMMITTED READ ONLY', async () => {
    await client.query(limit(settings.statementTimeoutMs));
    return listTables(client, schema);
  }).catch((error: unknown) => {
    throw explain(error, settings);
  });
  if (tables !== null) return tables;
  const hint = 'check ?schema= in DATABASE_URL';
  throw new DatabaseError(`there is no schema ${schema} in database ${settings.name}`, hint);
}
