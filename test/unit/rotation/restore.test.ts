import { describe, expect, it } from 'vitest';
import { type RestoreOptions, restore } from '../../../src/rotation/restore.ts';
import type { RestoreEnding, RestoreTally, Result } from '../../../src/rotation/result.ts';
import type { Swap } from '../../../src/rotation/store.ts';
import type { MemoryStore } from '../../support/model/memory-store.ts';
import { contents, FIELD, fieldOf, idOf, rotateTable, row, silentObserver, tableOf, under } from './table.ts';

/** Rotates the table. @returns the swaps, as a backup holds them */
async function rotated(store: MemoryStore, batchRows = 2): Promise<readonly Swap[][]> {
  await rotateTable(store, { batchRows });
  return store.calls.flatMap((call) => (call.method === 'swap' ? [[...call.swaps]] : []));
}

function restoreTable(
  store: MemoryStore,
  batches: readonly Swap[][],
  change: Partial<RestoreOptions> = {},
): Promise<Result<RestoreEnding>> {
  return restore({
    fields: [fieldOf(store)],
    swaps: batches.flat().length,
    readSwaps: async function* () {
      for (const swaps of batches) yield { field: FIELD, swaps };
    },
    dryRun: false,
    signal: new AbortController().signal,
    observer: silentObserver(),
    ...change,
  });
}

function tally(change: Partial<RestoreTally>): object {
  const none: RestoreTally = { field: FIELD, restored: 0, alreadyRestored: 0, gone: 0, changed: new Set() };
  return { ending: { kind: 'restored', reached: [{ ...none, ...change }] } };
}

describe('restoring', () => {
  it('puts back every value byte for byte, and reports each row and its progress', async () => {
    const store = tableOf(5);
    const before = store.table;
    const batches = await rotated(store);
    const told: string[] = [];
    const observer = {
      ...silentObserver(),
      onRow: (_field: string, id: string, outcome: string) => told.push(`${id} ${outcome}`),
      onProgress: (rows: number) => told.push(`at ${rows}`),
      onPhase: (name: string, _field: string | null, expected: number) => told.push(`${name} of ${expected}`),
    };
    const result = await restoreTable(store, batches, { observer });
    expect(store.table).toEqual(before);
    expect(result).toMatchObject(tally({ restored: 5 }));
    expect(result.phases).toMatchObject([{ name: 'restore', rows: 5 }]);
    expect(told).toEqual([
      'restore of 5',
      ...[1, 2].map((number) => `${idOf(number)} restored`),
      'at 2',
      ...[3, 4].map((number) => `${idOf(number)} restored`),
      'at 4',
      `${idOf(5)} restored`,
      'at 5',
    ]);
  });

  it('leaves alone what the application changed or deleted since', async () => {
    const store = tableOf(5);
    const batches = await rotated(store);
    const written = row(2, 'new', 'written since');
    store.put(written);
    store.rows.delete(idOf(4));
    expect(await restoreTable(store, batches)).toMatchObject(tally({ restored: 3, gone: 1, changed: new Set([idOf(2)]) }));
    expect(store.rows.get(idOf(2))).toEqual(written);
    expect(store.rows.has(idOf(4))).toBe(false);
  });

  it('does no harm when it is done again', async () => {
    const store = tableOf(5);
    const before = store.table;
    const batches = await rotated(store);
    await restoreTable(store, batches);
    expect(await restoreTable(store, batches)).toMatchObject(tally({ alreadyRestored: 5 }));
    expect(store.table).toEqual(before);
  });

  it('does nothing with an empty backup, and reads no row again if it put back all', async () => {
    const store = tableOf(2);
    expect(await restoreTable(store, [])).toMatchObject(tally({}));
    const batches = await rotated(store);
    await restoreTable(store, batches);
    expect(store.calls.some(({ method }) => method === 'readRows')).toBe(false);
  });

  it.each([1, 5])(
    'puts back the value that was rotated last if a row changed while it was rotated, in batches of %i',
    async (size) => {
      const store = tableOf(5);
      store.before = (call, nth) => {
        if (call.method === 'swap' && nth === 1) store.put(row(1, 'old', 'written meanwhile'));
      };
      const batches = await rotated(store, size);
      store.before = () => {};
      expect(batches.flat()).toHaveLength(6);
      const rehearsal = await restoreTable(store, batches, { dryRun: true });
      expect(rehearsal).toMatchObject(tally({ restored: 5 }));
      expect(await restoreTable(store, batches)).toMatchObject(tally({ restored: 5 }));
      expect(contents(store)).toEqual(['old: written meanwhile', ...under('old', 2, 5)]);
      expect(await restoreTable(store, batches)).toMatchObject(tally({ alreadyRestored: 5 }));
    },
  );

  it('counts a row as changed if it is in the backup twice and holds neither value', async () => {
    const store = tableOf(2);
    store.before = (call, nth) => {
      if (call.method === 'swap' && nth === 1) store.put(row(1, 'old', 'written meanwhile'));
    };
    const batches = await rotated(store, 1);
    store.before = () => {};
    store.put(row(1, 'new', 'written since'));
    expect(await restoreTable(store, batches)).toMatchObject(tally({ restored: 1, changed: new Set([idOf(1)]) }));
    expect(contents(store)).toEqual(['new: written since', ...under('old', 2, 2)]);
  });
});

describe('the backup', () => {
  it('is read once if no row was left alone, otherwise a second time, only for those rows', async () => {
    const store = tableOf(5);
    const batches = await rotated(store);
    let readings = 0;
    const readSwaps = async function* () {
      readings += 1;
      for (const swaps of batches) yield { field: FIELD, swaps };
    };
    await restoreTable(store, batches, { readSwaps });
    expect(readings).toBe(1);

    store.put(row(2, 'new', 'written since'));
    store.calls.length = 0;
    await restoreTable(store, batches, { readSwaps });
    expect(readings).toBe(3);
    const asked = store.calls.flatMap((call) => (call.method === 'readRows' ? [call.ids] : []));
    expect(asked).toEqual([[idOf(1), idOf(2)], [idOf(3), idOf(4)], [idOf(5)], [idOf(2)]]);
  });
});

describe('a dry run of it', () => {
  it('writes nothing, and counts what a run would put back', async () => {
    const store = tableOf(5);
    const batches = await rotated(store);
    store.put(row(2, 'new', 'written since'));
    store.rows.delete(idOf(4));
    const [rows, swaps] = [store.table, store.swapped.length];
    expect(await restoreTable(store, batches, { dryRun: true })).toMatchObject(
      tally({ restored: 3, gone: 1, changed: new Set([idOf(2)]) }),
    );
    expect(store.table).toEqual(rows);
    expect(store.swapped).toHaveLength(swaps);
  });
});

describe('a restore that stops', () => {
  it('before it began puts nothing back', async () => {
    const store = tableOf(3);
    const batches = await rotated(store);
    const swaps = store.swapped.length;
    const { ending } = await restoreTable(store, batches, { signal: AbortSignal.abort(new Error('stop')) });
    expect(ending).toMatchObject({ kind: 'stopped', cause: new Error('stop') });
    expect(store.swapped).toHaveLength(swaps);
  });

  it('has put back whole batches only, and is finished by the same command again', async () => {
    const store = tableOf(5);
    const before = store.table;
    const batches = await rotated(store);
    const abort = new AbortController();
    store.before = () => abort.abort(new Error('stop'));
    const { ending } = await restoreTable(store, batches, { signal: abort.signal });
    expect(ending).toMatchObject({ kind: 'stopped', phase: 'restore', cause: new Error('stop') });
    expect(contents(store)).toEqual([...under('old', 1, 2), ...under('new', 3, 5)]);
    store.before = () => {};
    expect(await restoreTable(store, batches)).toMatchObject(tally({ restored: 3, alreadyRestored: 2 }));
    expect(store.table).toEqual(before);
  });

  it('while it looks at the changed rows again says so', async () => {
    const store = tableOf(2);
    const batches = await rotated(store);
    store.put(row(1, 'new', 'written since'));
    const abort = new AbortController();
    store.after = (call) => {
      if (call.method === 'readRows') abort.abort(new Error('stop'));
    };
    expect((await restoreTable(store, batches, { signal: abort.signal })).ending.kind).toBe('stopped');
  });

  it('in a dry run puts nothing on the disk', async () => {
    const store = tableOf(5);
    const batches = await rotated(store);
    const abort = new AbortController();
    let reads = 0;
    store.after = (call) => {
      if (call.method === 'readRows') reads += 1;
      if (reads === 2) abort.abort(new Error('stop'));
    };
    const before = store.calls.length;
    const { ending } = await restoreTable(store, batches, { signal: abort.signal, dryRun: true });
    expect(ending).toMatchObject({ kind: 'stopped', reached: [{ restored: batches[0]?.length }] });
    expect(store.calls.slice(before).map(({ method }) => method)).not.toContain('waitForDisk');
  });

  it('at a write that gives no answer reads its rows again, and counts those that were put back', async () => {
    const store = tableOf(5);
    const batches = await rotated(store);
    const [done, more] = batches.slice(1);
    store.after = (call, nth) => {
      if (call.method === 'swap' && nth === batches.length + 2) throw new Error('cut');
    };
    const { ending } = await restoreTable(store, batches);
    const found = { written: done?.map(({ id }) => id), notWritten: [], unknown: [] };
    const reached = [{ field: FIELD, restored: 4, alreadyRestored: 0, gone: 0, changed: new Set() }];
    expect(ending).toMatchObject({ kind: 'write-in-doubt', found, cause: new Error('cut'), reached });
    expect(contents(store)).toEqual([...under('old', 1, 4), ...under('new', 5, 5)]);
    expect(more).toHaveLength(1);
  });

  it('because the database failed says so', async () => {
    const store = tableOf(5);
    const batches = await rotated(store);
    store.before = () => {
      throw new Error('cut');
    };
    const ids = batches[0]?.map(({ id }) => id);
    expect((await restoreTable(store, batches)).ending).toMatchObject({
      kind: 'write-in-doubt',
      found: { written: [], notWritten: [], unknown: ids },
      cause: new Error('cut'),
    });
  });
});
