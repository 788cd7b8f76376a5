import process from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../src/rotation/store.ts';
import { WriteInDoubt } from '../../../src/rotation/write-swaps.ts';
import { contents, fieldOf, passOver, strangeRow, tableOf, under } from './table.ts';

describe('a pass that stops', () => {
  it('writes the rows that it has read before it fails on reading the next page', async () => {
    const store = tableOf(2300);
    store.before = (call, nth) => {
      if (call.method === 'readPage' && nth === 2) throw new Error('cut');
    };
    const { error, tally } = await passOver(store);
    expect(error).toEqual(new Error('cut'));
    expect(tally.rotated).toBe(500);
    expect(contents(store)).toEqual([...under('new', 1, 500), ...under('old', 501, 2300)]);
  });

  it('writes nothing if it was aborted before it began, or while the first page was read', async () => {
    const store = tableOf(5);
    expect((await passOver(store, { signal: AbortSignal.abort(new Error('stop')) })).error).toEqual(new Error('stop'));
    const abort = new AbortController();
    store.after = () => abort.abort(new Error('stop'));
    expect((await passOver(store, { signal: abort.signal })).error).toEqual(new Error('stop'));
    expect(store.swapped).toEqual([]);
  });

  it('does not write the rows before an unreadable one any more when it was aborted', async () => {
    const abort = new AbortController();
    const store = tableOf(5);
    store.put(strangeRow(5));
    store.before = (call) => {
      if (call.method === 'swap') abort.abort(new Error('stop'));
    };
    const { error, tally } = await passOver(store, { signal: abort.signal, batchRows: 2 });
    expect(error).toEqual(new Error('stop'));
    expect(tally.rotated).toBe(2);
    expect(contents(store)).toEqual([...under('new', 1, 2), ...under('old', 3, 4), 'unreadable']);
  });

  it('writes nothing more after the database failed on reading, even if part of a batch is ready', async () => {
    const store = tableOf(1100);
    store.before = (call, nth) => {
      if (call.method === 'readPage' && nth === 2) throw new Error('cut');
    };
    const { error, tally } = await passOver(store, { batchRows: 7 });
    expect(error).toEqual(new Error('cut'));
    expect(tally.rotated).toBe(497);
    expect(contents(store)).toEqual([...under('new', 1, 497), ...under('old', 498, 1100)]);
  });

  it('reads no further page once it is aborted, even if it has nothing to write', async () => {
    const store = tableOf(2300, 'new');
    const abort = new AbortController();
    store.after = (_call, nth) => {
      if (nth === 1) abort.abort(new Error('stop'));
    };
    expect((await passOver(store, { signal: abort.signal })).error).toEqual(new Error('stop'));
    expect(store.calls.length).toBeLessThanOrEqual(2);
  });
});

describe('a write that fails while the next page is still being read', () => {
  const unhandled: unknown[] = [];
  const remember = (error: unknown) => unhandled.push(error);
  afterEach(() => {
    process.off('unhandledRejection', remember);
  });

  it('ends the pass when that page has come, and not the process before', async () => {
    process.on('unhandledRejection', remember);
    const memory = tableOf(1100);
    memory.before = ({ method }) => {
      if (method === 'swap') throw new Error('cut');
    };
    const slow: Store = {
      scan: (signal, work) => memory.scan(signal, work),
      readPage: async (after, limit) => {
        for (let turns = 0; after !== null && turns < 50; turns += 1) await new Promise((resolve) => setImmediate(resolve));
        return memory.readPage(after, limit);
      },
      readRows: (ids) => memory.readRows(ids),
      swap: (swaps) => memory.swap(swaps),
      waitForDisk: () => memory.waitForDisk(),
    };
    const { error } = await passOver(memory, { field: fieldOf(slow), batchRows: 300 });
    expect(error).toBeInstanceOf(WriteInDoubt);
    expect(memory.swapped).toHaveLength(1);
    expect(unhandled).toEqual([]);
  });
});
