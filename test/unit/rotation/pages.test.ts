import { getEventListeners } from 'node:events';
import process from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';
import { readListed, readPages } from '../../../src/rotation/pages.ts';
import type { MemoryStore } from '../../support/model/memory-store.ts';
import { idOf, row, tableOf } from './table.ts';

/** A signal that nobody aborts. */
const never = new AbortController().signal;
const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => idOf(from + index));

/** Reads to the end, and does `between` after each page. */
async function readIds(store: MemoryStore, between: (page: number) => void = () => {}): Promise<string[][]> {
  const pages: string[][] = [];
  for await (const page of readPages(store, 100, 9999, never)) {
    pages.push(page.map(({ id }) => id));
    between(pages.length);
  }
  return pages;
}

describe('reading in pages', () => {
  it.each([1, 499, 500, 501, 2300])('reads each of %i rows once, in the order of the ids', async (count) => {
    expect((await readIds(tableOf(count))).flat()).toEqual(ids(1, count));
  });

  it('reads 500 rows at a time', async () => {
    const store = tableOf(2300);
    expect(await readIds(store)).toEqual([ids(1, 500), ids(501, 1000), ids(1001, 1500), ids(1501, 2000), ids(2001, 2300)]);
    expect(store.calls.slice(0, 3)).toEqual([
      { method: 'readPage', after: null, limit: 500 },
      { method: 'readPage', after: idOf(500), limit: 500 },
      { method: 'readPage', after: idOf(1000), limit: 500 },
    ]);
  });

  it.each([
    [8388, 500],
    [8400, 499],
    [32 * 1024, 128],
    [4 * 1024 * 1024, 1],
    [40 * 1024 * 1024, 1],
    [0, 500],
  ])('if the longest row has %i bytes, reads %i at a time: 4 MiB at the most, or a single row', async (largestRow, limit) => {
    const store = tableOf(3);
    for await (const _page of readPages(store, largestRow, 9999, never));
    expect(store.calls[0]).toEqual({ method: 'readPage', after: null, limit });
    for await (const _page of readListed(store, [idOf(1), idOf(2)], largestRow, never, () => {}));
    expect(store.calls.at(-1)).toEqual({ method: 'readRows', ids: [idOf(1), idOf(2)].slice(limit === 1 ? 1 : 0) });
  });

  it('gives no page of an empty table', async () => {
    expect(await readIds(tableOf(0))).toEqual([]);
  });

  it('goes on behind a row that was deleted after it was read', async () => {
    const store = tableOf(2300);
    store.before = (call) => {
      if (call.method === 'readPage' && call.after !== null) store.rows.delete(call.after);
    };
    expect((await readIds(store)).flat()).toEqual(ids(1, 2300));
  });

  it('skips and repeats no row if others are inserted and deleted in the meantime', async () => {
    const store = tableOf(2300);
    const pages = await readIds(store, (page) => {
      store.put({ ...row(0), id: `${idOf(page)}-inserted` });
      store.rows.delete(idOf(page));
    });
    expect(pages.flat()).toEqual(ids(1, 2300));
  });

  it('reads the page ahead while the caller works on this one, and no further', async () => {
    const store = tableOf(2300);
    await readPages(store, 100, 9999, never).next();
    for (let turns = 0; turns < 10; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(store.calls).toHaveLength(2);
  });

  it('leaves no listener behind on the signal', async () => {
    const { signal } = new AbortController();
    for await (const _page of readPages(tableOf(2300), 100, 9999, signal))
      expect(getEventListeners(signal, 'abort').length).toBeLessThan(2);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('fails with the error of the first page', async () => {
    const store = tableOf(3);
    store.before = () => {
      throw new Error('cut');
    };
    await expect(readIds(store)).rejects.toThrow('cut');
  });

  it('hands out the current page before it fails with the error of the page ahead', async () => {
    const store = tableOf(2300);
    store.before = (_call, nth) => {
      if (nth === 2) throw new Error('cut');
    };
    const pages = readPages(store, 100, 9999, never);
    expect((await pages.next()).value).toHaveLength(500);
    await expect(pages.next()).rejects.toThrow('cut');
  });
});

describe('reading a table that grows faster than it is read', () => {
  it('ends when it has read twice the rows that there were, and a page', async () => {
    const store = tableOf(10);
    let last = 10;
    store.before = ({ method }) => {
      if (method !== 'readPage') return;
      for (let more = 0; more < 1000; more += 1) {
        last += 1;
        store.put({ ...row(1), id: idOf(last) });
      }
    };
    let read = 0;
    for await (const page of readPages(store, 100, 500, never)) read += page.length;
    expect(read).toBe(2000);
  });
});

describe('a caller that stops early', () => {
  const unhandled: unknown[] = [];
  const remember = (error: unknown) => unhandled.push(error);
  afterEach(() => {
    process.off('unhandledRejection', remember);
  });

  it('does not end the process when the page ahead fails', async () => {
    process.on('unhandledRejection', remember);
    const store = tableOf(1001);
    let failed = false;
    store.before = (_call, nth) => {
      if (nth < 2) return;
      failed = true;
      throw new Error('cut');
    };
    for await (const _page of readPages(store, 100, 9999, never)) break;
    for (let turns = 0; turns < 10; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(failed).toBe(true);
    expect(unhandled).toEqual([]);
  });
});

describe('reading the rows of a list', () => {
  it('gives them in its order, and tells which are not found', async () => {
    const store = tableOf(5);
    store.rows.delete(idOf(2));
    const missing: string[] = [];
    const read: string[] = [];
    for await (const page of readListed(store, [idOf(4), idOf(2), idOf(1)], 100, never, (id) => missing.push(id))) {
      read.push(...page.map(({ id }) => id));
    }
    expect(read).toEqual([idOf(4), idOf(1)]);
    expect(missing).toEqual([idOf(2)]);
  });
});
