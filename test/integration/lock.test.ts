import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DatabaseError, RotationRunning } from '../../src/database/database-error.ts';
import { withDatabase } from '../../src/database/with-database.ts';
import { useDatabase } from '../support/table/database.ts';
import { defaultField } from '../support/table/default-field.ts';
import { expectNoSecret } from '../support/tool/known-secrets.ts';
import { settingsOf } from '../support/tool/settings.ts';
import { locking, opening } from '../support/tool/with-test-database.ts';

const database = useDatabase();
const settings = settingsOf(database.url);

const withLock = <T>(work: (lost: AbortSignal) => Promise<T>) => locking(settings, (_store, lost) => work(lost));

describe('the rotation lock', () => {
  it('is held by one at a time, and released afterwards, also after a failure', async () => {
    await withLock(async () => {
      await expect(withLock(async () => {})).rejects.toThrow(RotationRunning);
    });
    await expect(withLock(() => Promise.reject(new Error('the work failed')))).rejects.toThrow('the work failed');
    expect(await withLock(async () => 'free')).toBe('free');
  });

  it('is one for each table', async () => {
    await database.pool.query('CREATE SCHEMA other; CREATE TABLE other.user_api_keys (LIKE public.user_api_keys INCLUDING ALL)');
    const both = withLock(() => locking({ ...settings, schema: 'other' }, async () => 'both'));
    expect(await both).toBe('both');
  });

  it('survives the limits that the server sets for idle transactions', async () => {
    await database.pool.query(`ALTER DATABASE ${settings.name} SET idle_in_transaction_session_timeout = '1s'`);
    await withLock(async (lost) => {
      // Longer than the limit, as measured by the server itself.
      await database.pool.query('SELECT pg_sleep(1.5)');
      expect(lost.aborted).toBe(false);
      await expect(withLock(async () => {})).rejects.toThrow(RotationRunning);
    });
    await database.pool.query(`ALTER DATABASE ${settings.name} RESET idle_in_transaction_session_timeout`);
  });

  it('is in the way of who only looks, but not the other way round', async () => {
    const looking = <T>(work: () => Promise<T>) =>
      withDatabase(
        settings,
        [defaultField],
        { access: 'look', signal: new AbortController().signal, onWarning: () => {} },
        ({ withLock: lookInside }) => lookInside(work),
      );
    await withLock(async () => {
      await expect(looking(async () => {})).rejects.toThrow(RotationRunning);
    });
    expect(await looking(() => withLock(async () => 'began meanwhile'))).toBe('began meanwhile');
    expect(await looking(() => looking(async () => 'both'))).toBe('both');
  });

  it('says so when it is lost', async () => {
    await withLock(async (lost) => {
      const aborted = new Promise((resolve) => lost.addEventListener('abort', resolve));
      await database.pool.query(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
      );
      await aborted;
      expect(lost.reason).toBeInstanceOf(DatabaseError);
      expect(String(lost.reason.message)).toContain('the lock was lost');
    });
  });
});

describe('an error of the database', () => {
  it('shows no password, however it is printed', async () => {
    const bad = [
      { ...settings, url: database.url.replace(/:\d+\//u, ':1/'), port: 1 },
      { ...settings, url: database.url.replace(/\/[^/]*$/u, '/missing'), name: 'missing' },
    ];
    for (const wrong of bad) {
      const error: unknown = await opening(wrong, async () => {}).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(DatabaseError);
      expectNoSecret(inspect(error, { depth: 10, showHidden: true }));
    }
  });
});
