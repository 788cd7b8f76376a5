import { once } from 'node:events';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createConnector } from '../../src/database/connection.ts';
import { DatabaseError } from '../../src/database/database-error.ts';
import { withFence } from '../../src/database/fence.ts';
import { readRegistry } from '../../src/database/registry.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { enterKeys, entryOf, insertNamed, useRegistry } from '../support/table/registry.ts';
import { anybodyWaits } from '../support/table/row-lock.ts';
import { newKeys } from '../support/table/witness.ts';
import { settingsOf } from '../support/tool/settings.ts';

const database = useRegistry();
const { pool, url } = database;
const keys = newKeys();
const OLD = fingerprintOf(keys.old);
const settings = settingsOf(url);
const author = { operator: 'a', host: 'b', runId: '00000000-0000-4000-8000-000000000000', reason: null };

const connector = createConnector(settings, () => {});
/** As a run has it. */
const runPool = connector.pool(2);
afterAll(connector.destroy);

async function fence(work: (signal: AbortSignal) => Promise<boolean>, idleLimitMs?: number) {
  const registry = await readRegistry(runPool, settings);
  if (registry === null) throw new Error('no registry');
  return withFence(runPool, registry, settings, OLD, author, work, idleLimitMs);
}

beforeEach(() => enterKeys(database, keys.old, keys.new));

/** Resolves once no transaction that changed the registry is open. */
async function fenceIsOpen(): Promise<void> {
  await pool.query(`
    DO $$ BEGIN
      WHILE EXISTS (SELECT FROM pg_locks WHERE relation = 'encryption_keys'::regclass AND mode = 'RowExclusiveLock') LOOP
        IF clock_timestamp() > now() + interval '60 s' THEN RAISE EXCEPTION 'the fence stays closed'; END IF;
        PERFORM pg_sleep(0.005);
      END LOOP;
    END $$`);
}

describe('the fence', () => {
  it('gives way to somebody who alters a table, so that nobody waits long behind them', async () => {
    await insertNamed(database, keys.new, 1);
    let altering: Promise<unknown> = Promise.resolve();
    const fenced = fence(async (signal) => {
      altering = pool.query('ALTER TABLE user_api_keys ADD COLUMN added integer');
      await once(signal, 'abort');
      throw signal.reason;
    });
    await expect(fenced).rejects.toThrow(/somebody alters a table .* it gave way/u);
    await altering;
    await pool.query('ALTER TABLE user_api_keys DROP COLUMN added');
    expect(await entryOf(database, keys.old)).toMatchObject({ retired_at: null });
  });

  it('keeps what names the key waiting, refuses it in the end, and lets everything else pass', async () => {
    const results: Promise<unknown>[] = [];
    const fenced = await fence(async () => {
      results.push(insertNamed(database, keys.old, 1).catch(({ code }: { code: string }) => code));
      await insertNamed(database, keys.new, 1);
      await anybodyWaits(database);
      return true;
    });
    expect(fenced).toEqual({ kind: 'closed' });
    expect(await entryOf(database, keys.old)).toMatchObject({ retired_at: expect.any(Date) });
    expect(await Promise.all(results)).toEqual(['23503']);
  });

  it('opens again if the work does not approve, or throws', async () => {
    expect(await fence(async () => false)).toEqual({ kind: 'opened-again' });
    await expect(fence(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await insertNamed(database, keys.old, 1);
    expect(await entryOf(database, keys.old)).toMatchObject({ retired_at: null });
  });

  it('opens again when the tool has not been heard of for too long, and is not called closed', async () => {
    await expect(
      fence(async () => {
        await fenceIsOpen();
        await insertNamed(database, keys.old, 1);
        return true;
      }, 300),
    ).rejects.toBeInstanceOf(DatabaseError);
    expect(await entryOf(database, keys.old)).toMatchObject({ retired_at: null });
  });

  it('is refused while a row names the key, and while a transaction that wrote one is open', async () => {
    await insertNamed(database, keys.old, 1);
    const attempt = () => fence(async () => true);
    expect(await attempt()).toEqual({ kind: 'still-named', table: 'user_api_keys' });
    const client = await pool.connect();
    await pool.query('UPDATE user_api_keys SET key_id = NULL');
    await client.query(`BEGIN; UPDATE user_api_keys SET key_id = '${OLD}'`);
    expect(await attempt()).toEqual({ kind: 'locked' });
    await client.query('ROLLBACK');
    client.release();
  });
});
