import { getEventListeners } from 'node:events';
import process from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';
import { readPages } from '../../../src/rotation/pages.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { idOf, row, tableOf } from './table.ts';

/** A signal that nobody aborts. */
const never = new AbortController().signal;
const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => idOf(from + index));

/** Reads to the end, and does `between` after each page. */
async function readIds(store: MemoryStore, between: (page: number) => void = () => {}): Promise<string[][]> {
  const pages: string[][] = [];
  for await (const page of readPages(store, never)) {
    pages.push(page.map(({ id }) => id));
    between(pages.length);
  }
  return pages;
}

/** @returns a store whose rows each have so many bytes of content, and nothing else that counts */
function tableOfLong(count: number, contentBytes: number): MemoryStore {
  const store = new MemoryStore();
  const content = '00'.repeat(contentBytes);
  for (let number = 1; number <= count; number += 1) store.put({ id: idOf(number), iv: null, content, tag: null });
  return store;
}

describe('reading in pages', () => {
  it.each([1, 99, 100, 101, 1100, 1101, 2300])('reads each of %i rows once, in the order of the ids', async (count) => {
    expect((await readIds(tableOf(count))).flat()).toEqual(ids(1, count));
  });

  it('reads 100 rows, to see how long they are, and then 1000 at a time', async () => {
    const store = tableOf(2300);
    expect(await readIds(store)).toEqual([ids(1, 100), ids(101, 1100), ids(1101, 2100), ids(2101, 2300)]);
    expect(store.calls.slice(0, 3)).toEqual([
      { method: 'readPage', after: null, limit: 100 },
      { method: 'readPage', after: idOf(100), limit: 1000 },
      { method: 'readPage', after: idOf(1100), limit: 1000 },
    ]);
  });

  it('reads long values in smaller pages: about 4 MiB of text at a time', async () => {
    const store = tableOfLong(120, 32 * 1024);
    expect((await readIds(store)).flat()).toEqual(ids(1, 120));
    expect(store.calls[1]).toMatchObject({ limit: 63 });
  });

  it('reads values longer than a page one by one', async () => {
    const store = tableOfLong(102, 3 * 1024 * 1024);
    expect((await readIds(store)).map((page) => page.length)).toEqual([100, 1, 1]);
  });

  it('goes back to large pages behind the long values', async () => {
    const store = tableOfLong(100, 64 * 1024);
    for (let number = 101; number <= 1200; number += 1) store.put({ ...row(1), id: idOf(number) });
    const pages = await readIds(store);
    expect(pages.flat()).toEqual(ids(1, 1200));
    expect(pages.map((page) => page.length)).toEqual([100, 31, 1000, 69]);
  });

  it('measures iv, content and tag of every row of a page, whatever is null', async () => {
    const longIv = { id: idOf(1), iv: '0'.repeat(1024 * 1024), content: null, tag: null };
    for (const long of [longIv, { ...longIv, iv: null, tag: longIv.iv }, { ...longIv, iv: null, content: longIv.iv }]) {
      const store = new MemoryStore();
      store.put(long, { ...long, id: idOf(2), iv: null, content: null, tag: null });
      await readIds(store);
      expect(store.calls[1]).toEqual({ method: 'readPage', after: idOf(2), limit: 7 });
    }
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

  it('skips and repeats no row where others are inserted and deleted meanwhile', async () => {
    const store = tableOf(2300);
    const pages = await readIds(store, (page) => {
      store.put({ ...row(0), id: `${idOf(page)}-inserted` });
      store.rows.delete(idOf(page));
    });
    expect(pages.flat()).toEqual(ids(1, 2300));
  });

  it('reads the page ahead while the caller works on this one, and no further', async () => {
    const store = tableOf(2300);
    await readPages(store, never).next();
    for (let turns = 0; turns < 10; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(store.calls).toHaveLength(2);
  });

  it('leaves no listener behind on the signal', async () => {
    const { signal } = new AbortController();
    for await (const _page of readPages(tableOf(2300), signal)) expect(getEventListeners(signal, 'abort').length).toBeLessThan(2);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('fails with the error of the first page', async () => {
    const store = tableOf(3);
    store.before = () => {
      throw new Error('cut');
    };
    await expect(readIds(store)).rejects.toThrow('cut');
  });

  it('hands out the page in hand before it fails with the error of the page ahead', async () => {
    const store = tableOf(2300);
    store.before = (_call, nth) => {
      if (nth === 2) throw new Error('cut');
    };
    const pages = readPages(store, never);
    expect((await pages.next()).value).toHaveLength(100);
    await expect(pages.next()).rejects.toThrow('cut');
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
    const store = tableOf(200);
    let failed = false;
    store.before = (_call, nth) => {
      if (nth < 2) return;
      failed = true;
      throw new Error('cut');
    };
    for await (const _page of readPages(store, never)) break;
    for (let turns = 0; turns < 10; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(failed).toBe(true);
    expect(unhandled).toEqual([]);
  });
});
