import assert from 'node:assert/strict';
import type { DatabaseSettings } from '../../../src/database/settings.ts';
import type { Table } from '../../../src/database/table.ts';
import { type Database, withDatabase } from '../../../src/database/with-database.ts';
import type { Store } from '../../../src/rotation/store.ts';
import { defaultField } from '../table/default-field.ts';

/** Opens a database as a run that writes does, and that nobody interrupts. */
export function opening<T>(settings: DatabaseSettings, work: (database: Database) => Promise<T>): Promise<T> {
  return withDatabase(
    settings,
    [defaultField],
    { access: 'write', signal: new AbortController().signal, onWarning: () => {} },
    work,
  );
}

/** The same, with the lock on the table. */
export function locking<T>(settings: DatabaseSettings, work: (store: Store, lost: AbortSignal) => Promise<T>): Promise<T> {
  return opening(settings, ({ withLock }) =>
    withLock(async ([field], lost) => {
      assert.ok(field !== undefined);
      return work(field.store, lost);
    }),
  );
}

/** The table of the only field. */
export async function theTable({ fields: [field] }: Database): Promise<Table> {
  assert.ok(field !== undefined);
  return field.table;
}
