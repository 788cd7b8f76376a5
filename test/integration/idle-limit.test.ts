import { describe, expect, it } from 'vitest';
import { createConnector } from '../../src/database/connection.ts';
import { DatabaseError } from '../../src/database/database-error.ts';
import { withRotationLock } from '../../src/database/lock.ts';
import { type LockMode, lockNumbers } from '../../src/database/lock-numbers.ts';
import { startProxy } from '../support/server/proxy.ts';
import { useDatabase } from '../support/table/database.ts';
import { lockIsFree } from '../support/table/witness.ts';
import { settingsOf } from '../support/tool/settings.ts';
import { opening, theTable } from '../support/tool/with-test-database.ts';

const database = useDatabase();
const settings = settingsOf(database.url);

/** Takes the lock as a run does; the server is to keep it no longer than `idleLimitMs` after the last sign of life. */
async function withLock<T>(
  url: string,
  mode: LockMode,
  idleLimitMs: number,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T> {
  const reached = settingsOf(url);
  const connector = createConnector(reached, () => {});
  const table = await opening(settings, theTable);
  try {
    return await withRotationLock(
      connector,
      reached,
      [{ table, numbers: lockNumbers(table.oid, true) }],
      mode,
      work,
      idleLimitMs,
    );
  } finally {
    connector.destroy();
  }
}

describe('a lock whose owner has gone silent', () => {
  it.each(['exclusive', 'shared'] as const)('is released, and its owner is told if it still runs (%s)', async (mode) => {
    await withLock(database.url, mode, 300, async (lost) => {
      if (!lost.aborted) await new Promise((resolve) => lost.addEventListener('abort', resolve));
      expect(lost.reason).toBeInstanceOf(DatabaseError);
      expect(lost.reason).toMatchObject({ message: expect.stringContaining('the lock was lost: '), hint: null });
      expect(await withLock(database.url, 'exclusive', 60_000, async () => 'taken')).toBe('taken');
    });
  });

  it('is also released if the network keeps the connection open and passes nothing on', async () => {
    const quiet = await startProxy(database.url);
    const counted = await withLock(quiet.url, 'exclusive', 60_000, async () => quiet.messages.length);
    await quiet.close();
    // The message that comes after those that taking the lock needs.
    const stalled = await startProxy(database.url, { fault: 'stall', at: counted + 1 });
    await withLock(stalled.url, 'exclusive', 300, async (lost) => {
      await lockIsFree(database);
      expect(await withLock(database.url, 'exclusive', 60_000, async () => 'taken')).toBe('taken');
      expect(lost.aborted).toBe(false);
    });
    await stalled.close();
  });
});
