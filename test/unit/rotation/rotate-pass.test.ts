import { createDecipheriv, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RowFailed } from '../../../src/rotation/row-failed.ts';
import type { Swap } from '../../../src/rotation/store.ts';
import { decrypt, type Encrypted, encrypt } from '../../support/application/application.ts';
import { contents, FIELD, hex, idOf, openAs, passOver, ringBack, row, strangeRow, tableOf, under } from './table.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each([1, 2, 7])('a pass that writes %i rows at a time', (batchRows) => {
  it.each([0, 1, 6, 7, 8, 20])('moves all of %i rows to the new key', async (count) => {
    const store = tableOf(count);
    const { error, tally, outcomes } = await passOver(store, { batchRows });
    expect(error).toBeUndefined();
    expect(contents(store)).toEqual(under('new', 1, count));
    expect(tally).toEqual({ rotated: count, conflicts: 0, gone: 0, alreadyRotated: 0, named: 0 });
    expect(outcomes).toEqual(store.table.map(({ id }) => `${id} rotated`));
    expect(store.swapped.map((ids) => ids.length)).toEqual([
      ...Array.from({ length: Math.floor(count / batchRows) }, () => batchRows),
      ...(count % batchRows === 0 ? [] : [count % batchRows]),
    ]);
  });

  it.each([1, 2, 3, 7, 8, 13, 20])(
    'stops at unreadable row %i: all before it are rotated, all after it untouched',
    async (bad) => {
      const store = tableOf(20);
      store.put(strangeRow(bad));
      const { error, tally } = await passOver(store, { batchRows });
      expect(error).toEqual(new RowFailed(FIELD, idOf(bad), { kind: 'not-authentic' }));
      expect(contents(store)).toEqual([...under('new', 1, bad - 1), 'unreadable', ...under('old', bad + 1, 20)]);
      expect(tally.rotated).toBe(bad - 1);
    },
  );

  it('rotates all the others if unreadable rows are skipped, and leaves those as they are', async () => {
    const store = tableOf(20);
    const bad = [strangeRow(1), { ...row(9), iv: 'zz' }, strangeRow(20)];
    store.put(...bad);
    const { error, tally } = await passOver(store, { batchRows, skipUnreadable: true });
    expect(error).toBeUndefined();
    expect(tally).toEqual({ rotated: 17, conflicts: 0, gone: 0, alreadyRotated: 0, named: 0 });
    expect(store.table.filter((stored) => openAs('new', stored) === null)).toEqual(bad);
  });

  it('leaves rows alone that are under the new key already, and reports only the others as processed', async () => {
    const store = tableOf(20);
    const done = [1, 2, 10, 20].map((number) => row(number, 'new'));
    store.put(...done);
    const { tally, outcomes, progress } = await passOver(store, { batchRows });
    expect(done.map(({ id }) => store.rows.get(id))).toEqual(done);
    expect(tally).toEqual({ rotated: 16, conflicts: 0, gone: 0, alreadyRotated: 0, named: 0 });
    expect(outcomes).toHaveLength(16);
    expect(progress.at(-1)).toBe(16);
  });

  it('writes nothing on a second pass', async () => {
    const store = tableOf(20);
    await passOver(store, { batchRows });
    const after = store.table;
    const { tally } = await passOver(store, { batchRows });
    expect(tally.rotated).toBe(0);
    expect(store.table).toEqual(after);
  });

  it('stops after the current write when it is aborted', async () => {
    const reason = new Error('stop');
    const abort = new AbortController();
    const store = tableOf(20);
    store.before = (call, nth) => {
      if (call.method === 'swap' && nth === 2) abort.abort(reason);
    };
    const { error, tally } = await passOver(store, { batchRows, signal: abort.signal });
    expect(error).toBe(reason);
    expect(contents(store)).toEqual([...under('new', 1, 2 * batchRows), ...under('old', 2 * batchRows + 1, 20)]);
    expect(tally.rotated).toBe(2 * batchRows);
  });
});

describe('a pass', () => {
  it.each([12, 16])('keeps an iv of %i bytes at its length, and the plaintext byte for byte', async (ivBytes) => {
    const plaintexts = [Buffer.alloc(0), Buffer.from('ff00fe80', 'hex'), randomBytes(1024 * 1024)];
    const store = tableOf(0);
    store.put(...plaintexts.map((plaintext, index) => ({ id: idOf(index), ...encrypt(hex.old, plaintext, ivBytes) })));
    await passOver(store);
    expect(store.table.map(({ iv }) => iv?.length)).toEqual([ivBytes * 2, ivBytes * 2, ivBytes * 2]);
    expect(store.table.map((stored, index) => openAs('new', stored)?.equals(plaintexts[index] ?? Buffer.of(1)))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('rotates a value that is stored in upper-case hex', async () => {
    const { id, iv, content, tag } = row(1);
    const store = tableOf(0);
    store.put({ id, iv: iv.toUpperCase(), content: content.toUpperCase(), tag: tag.toUpperCase() });
    await passOver(store);
    expect(contents(store)).toEqual(under('new', 1, 1));
  });

  it('to the old key is the same the other way round', async () => {
    const store = tableOf(5, 'new');
    store.put(row(3, 'old'));
    const { tally } = await passOver(store, { ring: ringBack });
    expect(contents(store)).toEqual(under('old', 1, 5));
    expect(tally.rotated).toBe(4);
  });

  it('writes batches strictly one after the other, and re-encrypts the next one meanwhile', async () => {
    const store = tableOf(50);
    let writing = 0;
    store.before = (call) => {
      if (call.method !== 'swap') return;
      writing += 1;
      expect(writing).toBe(1);
    };
    store.after = (call) => {
      if (call.method === 'swap') writing -= 1;
    };
    expect((await passOver(store, { batchRows: 5 })).error).toBeUndefined();
    expect(store.swapped).toHaveLength(10);
  });

  it('fills a batch from several pages, and tells after each batch how far it is', async () => {
    const store = tableOf(2300);
    const { progress } = await passOver(store, { batchRows: 700 });
    expect(contents(store)).toEqual(under('new', 1, 2300));
    expect(store.swapped.map((ids) => ids.length)).toEqual([700, 700, 700, 200]);
    expect(progress).toEqual([700, 1400, 2100, 2300]);
  });

  it('ends a batch of long values before it has all its rows: 4 MiB go into one statement', async () => {
    const store = tableOf(0);
    const plaintext = Buffer.alloc(1024 * 1024, 7);
    for (let number = 1; number <= 18; number += 1) store.put(row(number, 'old', plaintext));
    await passOver(store, { batchRows: 10 });
    expect(store.swapped.map((ids) => ids.length)).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 2]);
    expect(store.table.every((stored) => openAs('new', stored)?.equals(plaintext))).toBe(true);
  });

  it('waits for what is to be done before each write, and does not write if that fails', async () => {
    const store = tableOf(1000);
    const announced: string[][] = [];
    const { error, tally } = await passOver(store, {
      batchRows: 400,
      beforeWrite: async (swaps) => {
        await new Promise((resolve) => setImmediate(resolve));
        announced.push(swaps.map(({ id }) => id));
        if (announced.length === 2) throw new Error('full');
      },
    });
    expect(error).toEqual(new Error('full'));
    expect(announced.map((ids) => [ids[0], ids.at(-1)])).toEqual([
      [idOf(1), idOf(400)],
      [idOf(401), idOf(800)],
    ]);
    expect(tally.rotated).toBe(400);
    expect(contents(store)).toEqual([...under('new', 1, 400), ...under('old', 401, 1000)]);
  });

  it.each([
    [1, 500],
    [7, 497],
    [300, 300],
  ])('announces batches of %i together, %i rows before the first of them is written', async (batchRows, together) => {
    const store = tableOf(1100);
    const announced = new Set<string>();
    const sizes: number[] = [];
    store.before = (call) => {
      if (call.method === 'swap') for (const { id } of call.swaps) expect(announced).toContain(id);
    };
    const { tally } = await passOver(store, {
      batchRows,
      beforeWrite: async (swaps) => {
        await new Promise((resolve) => setImmediate(resolve));
        sizes.push(swaps.length);
        for (const { id } of swaps) announced.add(id);
      },
    });
    expect(tally.rotated).toBe(1100);
    expect(sizes.slice(0, -1).every((size) => size === together)).toBe(true);
    expect(store.swapped.slice(0, -1).every((ids) => ids.length === batchRows)).toBe(true);
  });

  it('leaves no plaintext in memory, neither of rows that it rotates nor of those that it leaves alone', async () => {
    const update = vi.spyOn(Object.getPrototypeOf(createDecipheriv('aes-256-gcm', randomBytes(32), randomBytes(12))), 'update');
    const store = tableOf(2);
    store.put(row(3, 'new'));
    await passOver(store);
    const left = update.mock.results.map(({ value }) => Buffer.from(value));
    expect(left.length).toBeGreaterThanOrEqual(5);
    expect(left.filter((bytes) => bytes.some((byte) => byte !== 0))).toEqual([]);
  });

  it('passes over no row in silence of which nothing was planned', async () => {
    const store = tableOf(3);
    const work = { pagesAtOnce: 1, survey: () => expect.fail('no survey'), plan: async () => [] };
    expect((await passOver(store, { work })).error).toEqual(new Error('nothing was planned for row row-00001'));
    expect(contents(store)).toEqual(under('old', 1, 3));
  });

  it('writes a row once to which a damaged index leads twice', async () => {
    const store = tableOf(3);
    async function* twice() {
      const page = await store.readPage(null, 10);
      yield [...page, ...page];
    }
    const { tally } = await passOver(store, { pages: twice(), batchRows: 10 });
    expect(store.swapped).toEqual([[idOf(1), idOf(2), idOf(3)]]);
    expect(tally).toEqual({ rotated: 3, conflicts: 0, gone: 0, alreadyRotated: 0, named: 0 });
  });

  it('hands the store nothing but ciphertext', async () => {
    const store = tableOf(3);
    await passOver(store, { batchRows: 2 });
    const swaps = store.calls.flatMap((call) => (call.method === 'swap' ? call.swaps : []));
    for (const { before, after } of swaps) {
      expect(Object.keys(before).sort()).toEqual(['content', 'iv', 'tag']);
      expect(decrypt(hex.old, partsOf(before))).toEqual(decrypt(hex.new, partsOf(after)));
    }
  });
});

function partsOf({ iv, content, tag }: Swap['after']): Encrypted {
  return { iv: iv ?? '', content: content ?? '', tag: tag ?? '' };
}
