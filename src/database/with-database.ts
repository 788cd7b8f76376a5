import type { Pool } from 'pg';
import type { Field } from '../rotation/store.ts';
import type { Access } from './check-table.ts';
import { createCompareAndSwap } from './compare-and-swap.ts';
import { createConnector, inspectSession, type Session } from './connection.ts';
import { boundBeside, type EncryptedField } from './encrypted-field.ts';
import { explain } from './explain.ts';
import { type LockedTable, withRotationLock } from './lock.ts';
import { type LockMode, lockNumbers } from './lock-numbers.ts';
import { type Registry, readRegistry } from './registry.ts';
import type { DatabaseSettings } from './settings.ts';
import { createStore } from './store.ts';
import { type InspectedField, inspectField } from './table.ts';
import { closePool } from './with-pool.ts';

export interface Database {
  /** In the order of the schema. */
  readonly fields: readonly InspectedField[];
  readonly pool: Pool;
  /** How many statements may write at the same time: one if they would conflict with each other, as serializable transactions do. */
  readonly writers: number;
  /** The registry of keys, as it is now; null if the application has none. */
  readonly registry: Registry | null;
  /** Runs `work` on the tables while no rotation that it could disturb is running: see withRotationLock. */
  readonly withLock: <T>(work: (fields: readonly Field[], lost: AbortSignal) => Promise<T>) => Promise<T>;
}

/** What the tables are opened for. */
export interface Opening {
  readonly access: Access;
  /** How many statements write at the same time. */
  readonly writers?: number;
  /** Aborting it ends the connecting, the checks and the wait for the lock at once; the work has to handle it itself. */
  readonly signal: AbortSignal;
  /** Is called with each warning of the server. */
  readonly onWarning: (text: string) => void;
}

/** Fields of one table have the same lock. */
type LockableField = InspectedField & LockedTable;

const MODE: Readonly<Record<Access, LockMode>> = { look: 'none', verify: 'shared', rehearse: 'shared', write: 'exclusive' };

/**
 * Opens all connections that a run needs, checks the tables, runs `work`, and closes every connection whatever happens.
 *
 * @throws DatabaseError, RotationRunning, the signal's reason, and whatever `work` throws
 */
export async function withDatabase<T>(
  settings: DatabaseSettings,
  encryptedFields: readonly EncryptedField[],
  { access, writers = 1, signal, onWarning }: Opening,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const connector = createConnector(settings, onWarning);
  // One more reads ahead; the lock has its own.
  const connections = writers + 1;
  const pool = connector.pool(connections);
  const stopCutting = () => signal.removeEventListener('abort', connector.destroy);
  signal.throwIfAborted();
  signal.addEventListener('abort', connector.destroy);
  try {
    const { fields, registry, session } = await open().catch((error: unknown) => {
      throw explain(error, settings);
    });
    // Several fields may be in one table, which has one lock.
    const tables = [...new Map(fields.map((field) => [field.table.oid, field])).values()];
    const withLock: Database['withLock'] = (locked) =>
      withRotationLock(connector, settings, tables, MODE[access], (lost) => {
        stopCutting();
        const openStore = ({ table, numbers }: LockedTable) =>
          createStore(pool, table, numbers, createCompareAndSwap(pool, table, numbers, session.mayPrepare), settings);
        return locked(
          fields.map((field) => ({ name: field.name, layout: field.layout, store: openStore(field) })),
          lost,
        );
      });
    return await work({ fields, pool, writers: session.isSerializable ? 1 : writers, registry, withLock });
  } finally {
    stopCutting();
    await closePool(pool, connector);
  }

  async function open(): Promise<{ fields: LockableField[]; registry: Registry | null; session: Session }> {
    const opened = await Promise.allSettled(Array.from({ length: connections }, () => pool.connect()));
    for (const each of opened) if (each.status === 'fulfilled') each.value.release();
    for (const each of opened) if (each.status === 'rejected') throw each.reason;
    // First, so that it is the first to have a connection: what it says of a failure comes before what the others say.
    const inspecting = inspectAll();
    const known = Promise.all([readRegistry(pool, settings), inspectSession(pool)]);
    known.catch(() => {});
    const fields = await inspecting;
    const [registry, session] = await known;
    return { fields, registry, session };
  }
  async function inspectAll(): Promise<LockableField[]> {
    const fields: LockableField[] = [];
    for (const encryptedField of encryptedFields) {
      const kept = boundBeside(encryptedField, encryptedFields, settings.schema);
      const field = await inspectField(pool, encryptedField, settings, access, kept);
      const numbers = fields.find(({ table }) => table.oid === field.table.oid)?.numbers;
      fields.push({ ...field, numbers: numbers ?? lockNumbers(field.table.oid, access === 'write') });
    }
    return fields;
  }
}
