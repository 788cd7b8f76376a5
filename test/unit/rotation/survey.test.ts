import { createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import process from 'node:process';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Census, UnreadableRow } from '../../../src/rotation/census.ts';
import { IdCounts } from '../../../src/rotation/id-counts.ts';
import type { Scan } from '../../../src/rotation/store.ts';
import { type SurveyOptions, survey } from '../../../src/rotation/survey.ts';
import { createValueWork } from '../../../src/rotation/value-work.ts';
import { MemoryStore } from '../../support/model/memory-store.ts';
import { fingerprints, idOf, keys, layout, ring, row, strangeRow, tableOf } from './table.ts';

const digestKey = createSecretKey(randomBytes(32));

function surveyTable(
  store: MemoryStore,
  change: Partial<SurveyOptions> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Census> {
  return store.scan(signal, (scan) => surveyScan(scan, change));
}

function surveyScan(scan: Scan, change: Partial<SurveyOptions> = {}): Promise<Census> {
  const work = createValueWork({ ring: change.ring ?? ring, layout, digestKey });
  return survey({ scan, ring, work, known: new Set(), onProgress: () => {}, onUnreadable: () => {}, ...change });
}

/** The counts of a census, by fingerprint. */
function under(old: number, target: number): Map<string, number> {
  return new Map([
    [fingerprints.new, target],
    [fingerprints.old, old],
  ]);
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a survey', () => {
  it('counts the rows under each key and those that none decrypts, with the reasons', async () => {
    const store = tableOf(5);
    store.put(row(6, 'new'), row(7, 'new'), strangeRow(8), { ...row(9), content: null });
    expect(await surveyTable(store)).toMatchObject({
      rows: 9,
      under: under(5, 2),
      unreadable: 2,
      unreadableRows: [
        { id: idOf(8), why: { kind: 'not-authentic' } },
        { id: idOf(9), why: { kind: 'malformed', column: 'content', misfit: 'null' } },
      ],
    });
  });

  it('finds nothing in an empty table', async () => {
    expect(await surveyTable(new MemoryStore())).toEqual({
      rows: 0,
      largestRow: 0,
      parts: 'one part',
      uncommitted: [],
      withoutValue: 0,
      misnamed: 0,
      unreadableIds: new Set(),
      ruined: 0,
      ruinedRows: [],
      sourceIds: [],
      ids: new IdCounts(),
      under: under(0, 0),
      unreadable: 0,
      unreadableRows: [],
      digest: '0'.repeat(64),
    });
  });

  it('with the new key alone counts the rows under the old one as unreadable', async () => {
    const census = await surveyTable(tableOf(3), { ring: { target: keys.new, sources: [] } });
    expect(census).toMatchObject({ rows: 3, under: new Map([[fingerprints.new, 0]]), unreadable: 3 });
  });

  it('keeps the first 1000 unreadable rows, counts all, and reports each', async () => {
    const store = new MemoryStore();
    for (let number = 1; number <= 2005; number += 1) store.put({ ...row(1), id: idOf(number), tag: '' });
    const told: UnreadableRow[] = [];
    const census = await surveyTable(store, { onUnreadable: (unreadable) => told.push(unreadable) });
    expect(census.unreadable).toBe(2005);
    expect(census.unreadableRows).toEqual(told.slice(0, 1000));
    expect(told.map(({ id }) => id)).toEqual(store.table.map(({ id }) => id));
  });

  // Too long for a run per mutant.
  it.skipIf(process.env['CORE_ONLY'])('counts more unreadable rows than it can remember, and remembers a million', async () => {
    const rows = 1_000_001;
    async function* pages() {
      for (let from = 0; from < rows; from += 1000) {
        const page = Math.min(1000, rows - from);
        yield Array.from({ length: page }, (_, index) => ({ id: `${from + index}`, stored: { iv: '' } }));
      }
    }
    const scan = { rows, largestRow: 1, parts: '', uncommitted: [], pages: pages() };
    const census = await surveyScan(scan, { known: new Set(['7']) });
    expect(census).toMatchObject({ rows, unreadable: rows, ruined: rows - 1 });
    expect(census.unreadableIds.size).toBe(1_000_000);
  });

  it('names unreadable rows in the order of their ids, whatever the order in which they are read', async () => {
    async function* pages() {
      yield ['b', 'c', 'a'].map((id) => ({ id, stored: { iv: '', content: '', tag: '' } }));
    }
    const scan = { rows: 3, largestRow: 1, parts: '', uncommitted: [], pages: pages() };
    const census = await surveyScan(scan);
    expect(census.unreadableRows.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(census.ruinedRows.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('keeps the first 1000 ruined rows, and the ids of the first 20,000 rows under a source key', async () => {
    const bad = Array.from({ length: 1001 }, (_, index) => ({ id: idOf(index), stored: { iv: '', content: '', tag: '' } }));
    const { id: _id, ...stored } = row(1, 'old');
    const old = Array.from({ length: 20_001 }, (_, index) => ({ id: `old-${index}`, stored }));
    async function* pages() {
      yield [...bad, ...old];
    }
    const scan = { rows: 21_002, largestRow: 1, parts: '', uncommitted: [], pages: pages() };
    const census = await surveyScan(scan);
    expect([census.ruined, census.ruinedRows.length, census.sourceIds.length]).toEqual([1001, 1000, 20_000]);
  });

  it('reports its progress after each page, and writes nothing', async () => {
    const store = tableOf(2500);
    const told: number[] = [];
    await surveyTable(store, { onProgress: (rows) => told.push(rows) });
    expect(told).toEqual([1000, 2000, 2500]);
    expect(store.calls.every(({ method }) => ['scan', 'scanPage'].includes(method))).toBe(true);
  });

  it('gives the same digest for the same plaintexts under other keys, and another one for a changed plaintext', async () => {
    const { digest } = await surveyTable(tableOf(4, 'old'));
    expect((await surveyTable(tableOf(4, 'new'))).digest).toBe(digest);
    const changed = tableOf(4, 'new');
    changed.put(row(2, 'new', 'another plaintext'));
    expect((await surveyTable(changed)).digest).not.toBe(digest);
    const damaged = tableOf(4, 'new');
    damaged.put(strangeRow(2));
    expect((await surveyTable(damaged)).digest).not.toBe(digest);
  });

  it('leaves no plaintext in memory', async () => {
    const update = vi.spyOn(Object.getPrototypeOf(createDecipheriv('aes-256-gcm', randomBytes(32), randomBytes(12))), 'update');
    await surveyTable(tableOf(3));
    const left = update.mock.results.map(({ value }) => Buffer.from(value));
    expect(left).toHaveLength(4);
    expect(left.filter((bytes) => bytes.some((byte) => byte !== 0))).toEqual([]);
  });

  it('fails with the error of the store', async () => {
    const store = tableOf(2500);
    store.after = ({ method }, nth) => {
      if (method === 'scanPage' && nth === 3) throw new Error('cut');
    };
    await expect(surveyTable(store)).rejects.toThrow('cut');
  });
});

describe('an aborted survey', () => {
  const reason = new Error('stop');

  it('reads nothing if it was aborted before it began', async () => {
    const store = tableOf(3);
    await expect(surveyTable(store, {}, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(store.calls).toEqual([]);
  });

  it.each([1, 2, 3])('gives no census, but the reason, when it is stopped during page %i of 3', async (page) => {
    const store = tableOf(2500);
    const abort = new AbortController();
    const told: number[] = [];
    store.after = ({ method }, nth) => {
      if (method === 'scanPage' && nth === page) abort.abort(reason);
    };
    await expect(surveyTable(store, { onProgress: (rows) => told.push(rows) }, abort.signal)).rejects.toBe(reason);
    expect(told.length).toBeLessThan(page);
  });

  it('gives no census when it is stopped while the last row is judged, or on an empty table', async () => {
    const abort = new AbortController();
    const stop = () => abort.abort(reason);
    await expect(surveyTable(tableOf(3), { onProgress: stop }, abort.signal)).rejects.toBe(reason);

    const empty = new MemoryStore();
    const another = new AbortController();
    empty.after = () => another.abort(reason);
    await expect(surveyTable(empty, {}, another.signal)).rejects.toBe(reason);
  });
});
