import { describe, expect, it } from 'vitest';
import { verify } from '../../../src/rotation/verify.ts';
import type { MemoryStore } from '../../support/model/memory-store.ts';
import { type Told, told } from '../../support/model/told.ts';
import { fieldOf, fingerprints, idOf, keys, row, silentObserver, strangeRow, tableOf } from './table.ts';

async function verifyTable(store: MemoryStore): Promise<Told> {
  const { signal } = new AbortController();
  return told(
    await verify({ fields: [fieldOf(store)], ring: { target: keys.new, sources: [] }, signal, observer: silentObserver() }),
    fingerprints,
  );
}

describe('verifying', () => {
  it.each([0, 1, 150])('says that the new key decrypts all of %i rows, and writes nothing', async (count) => {
    const store = tableOf(count, 'new');
    const { ending, before, after, phases, tally } = await verifyTable(store);
    expect(ending).toEqual({ kind: 'verified' });
    expect(before).toBeNull();
    expect(after).toMatchObject({ rows: count, under: { old: 0, new: count }, unreadable: 0 });
    expect(phases).toMatchObject([{ name: 'verify', rows: count }]);
    expect(tally.rotated).toBe(0);
    expect(store.swapped).toEqual([]);
  });

  it.each([1, 75, 150])('finds row %i of 150 under the old key: the new key cannot decrypt it', async (number) => {
    const store = tableOf(150, 'new');
    store.put(row(number, 'old'));
    const { ending, after } = await verifyTable(store);
    expect(ending).toEqual({ kind: 'not-verified' });
    expect(after).toMatchObject({
      under: { old: 0, new: 149 },
      unreadableRows: [{ id: idOf(number), why: { kind: 'not-authentic' } }],
    });
  });

  it('finds damaged rows and rows under a third key', async () => {
    const store = tableOf(3, 'new');
    store.put(strangeRow(2), { ...row(3, 'new'), iv: null });
    expect(await verifyTable(store)).toMatchObject({
      ending: { kind: 'not-verified' },
      after: { unreadable: 2 },
    });
  });

  it('says what stopped it', async () => {
    const store = tableOf(3, 'new');
    store.after = (call) => {
      if (call.method === 'scanPage') throw new Error('cut');
    };
    expect((await verifyTable(store)).ending).toEqual({ kind: 'stopped', phase: 'verify', cause: new Error('cut') });
  });
});
