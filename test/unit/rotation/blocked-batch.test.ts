import { describe, expect, it } from 'vitest';
import { RowFailed } from '../../../src/rotation/row-failed.ts';
import type { Swap } from '../../../src/rotation/store.ts';
import { WriteInDoubt } from '../../../src/rotation/write-swaps.ts';
import type { MemoryStore } from '../../support/model/memory-store.ts';
import { contents, FIELD, idOf, passOver, row, strangeRow, tableOf, under } from './table.ts';

const CUT = new Error('connection cut');
const ids = (...numbers: number[]) => numbers.map(idOf);

/** Another transaction is in the way of several rows at once, each time; `alone` is called before a row is written alone. */
function blockBatches(store: MemoryStore, alone: (swap: Swap) => void = () => {}): void {
  store.blocksBatches = true;
  store.before = (call) => {
    if (call.method !== 'swap') return;
    const [only, ...others] = call.swaps;
    if (only !== undefined && others.length === 0) alone(only);
  };
}

describe('a batch that another transaction blocks', () => {
  it('is written row by row, in the order of its rows', async () => {
    const store = tableOf(5);
    blockBatches(store);
    const { error, tally, outcomes, progress } = await passOver(store, { batchRows: 3 });
    expect(error).toBeUndefined();
    expect(store.swapped).toEqual([ids(1, 2, 3), ids(1), ids(2), ids(3), ids(4, 5), ids(4), ids(5)]);
    expect(contents(store)).toEqual(under('new', 1, 5));
    expect(tally).toEqual({ rotated: 5, conflicts: 0, gone: 0, alreadyRotated: 0, named: 0 });
    expect(outcomes).toEqual([1, 2, 3, 4, 5].map((number) => `${idOf(number)} rotated`));
    expect(progress).toEqual([3, 5]);
  });

  it('is backed up once: before it, and not again before each row', async () => {
    const store = tableOf(3);
    const backedUp: string[][] = [];
    blockBatches(store);
    await passOver(store, { batchRows: 3, beforeWrite: async (swaps) => void backedUp.push(swaps.map(({ id }) => id)) });
    expect(backedUp).toEqual([ids(1, 2, 3)]);
  });

  it('settles the rows that changed meanwhile after the others, as in any batch', async () => {
    const store = tableOf(4);
    let changed = false;
    blockBatches(store, ({ id }) => {
      if (id !== idOf(2) || changed) return;
      changed = true;
      store.put(row(2, 'old', 'written meanwhile'));
    });
    const { error, tally } = await passOver(store, { batchRows: 4 });
    expect(error).toBeUndefined();
    expect(store.swapped).toEqual([ids(1, 2, 3, 4), ids(1), ids(2), ids(3), ids(4), ids(2)]);
    expect(contents(store)).toEqual([...under('new', 1, 1), 'new: written meanwhile', ...under('new', 3, 4)]);
    expect(tally).toEqual({ rotated: 4, conflicts: 1, gone: 0, alreadyRotated: 0, named: 0 });
  });

  it('stops at the first row whose write fails: only that row is in doubt', async () => {
    const store = tableOf(4);
    blockBatches(store);
    store.after = ({ method }, nth) => {
      if (method === 'swap' && nth === 3) throw CUT;
      if (method === 'readRows') throw new Error('still cut');
    };
    const { error, tally } = await passOver(store, { batchRows: 4 });
    expect(error).toEqual(new WriteInDoubt(FIELD, CUT, { written: [], notWritten: [], unknown: ids(2) }));
    expect(error).toMatchObject({ failure: { found: { written: [], notWritten: [], unknown: ids(2) } } });
    expect(tally.rotated).toBe(1);
    expect(contents(store)).toEqual([...under('new', 1, 2), ...under('old', 3, 4)]);
  });

  it('stops after the current row when the run is aborted', async () => {
    const store = tableOf(4);
    const abort = new AbortController();
    blockBatches(store, ({ id }) => {
      if (id === idOf(2)) abort.abort(new Error('stop'));
    });
    const { error, tally, outcomes } = await passOver(store, { batchRows: 4, signal: abort.signal });
    expect(error).toEqual(new Error('stop'));
    expect(tally.rotated).toBe(2);
    expect(outcomes).toEqual([1, 2].map((number) => `${idOf(number)} rotated`));
    expect(contents(store)).toEqual([...under('new', 1, 2), ...under('old', 3, 4)]);
  });

  it('writes its other rows too, if one of them cannot be decrypted any more', async () => {
    const store = tableOf(4);
    blockBatches(store, ({ id }) => {
      if (id === idOf(2)) store.put(strangeRow(2));
    });
    const { error } = await passOver(store, { batchRows: 4 });
    expect(error).toEqual(new RowFailed(FIELD, idOf(2), { kind: 'not-authentic' }));
    expect(contents(store)).toEqual([...under('new', 1, 1), 'unreadable', ...under('new', 3, 4)]);
  });
});
