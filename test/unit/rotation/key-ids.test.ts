import { describe, expect, it } from 'vitest';
import { createJudge } from '../../../src/rotation/judge.ts';
import type { RotateOptions } from '../../../src/rotation/rotate.ts';
import type { Swap } from '../../../src/rotation/store.ts';
import { MemoryStore, type StoredRow } from '../../support/model/memory-store.ts';
import { HEX_COLUMNS, layoutOf } from '../layout/layout-of.ts';
import { contents, FIELD, fingerprints, idOf, ring, rotateTable, row, silentObserver } from './table.ts';

const layout = layoutOf({ ...HEX_COLUMNS, keyId: 'String @encrypted {keyId}' });
const NOTHING = { iv: null, content: null, tag: null };

function named(stored: StoredRow, keyId: string | null): StoredRow {
  return { ...stored, keyId };
}

function tableOf(...rows: readonly StoredRow[]): MemoryStore {
  const store = new MemoryStore();
  store.put(...rows);
  return store;
}

function rotateNamed(store: MemoryStore, change: Partial<RotateOptions> = {}) {
  return rotateTable(store, { fields: [{ name: FIELD, store, layout }], ...change });
}

const idsIn = (store: MemoryStore) => store.table.map(({ keyId }) => keyId);

describe('judging a row with a column for the key id', () => {
  it.each<[title: string, stored: StoredRow, isNamed: boolean]>([
    ['under the target key, with its id', named(row(1, 'new'), fingerprints.new), true],
    ['under the target key, without an id', named(row(1, 'new'), null), false],
    ['under the target key, with the id of another', named(row(1, 'new'), fingerprints.old), false],
    ['under a source key, with its id', named(row(1), fingerprints.old), true],
    ['without a value and without an id', { id: idOf(1), ...NOTHING, keyId: null }, true],
    ['without a value, with the id of the target', { id: idOf(1), ...NOTHING, keyId: fingerprints.new }, true],
    ['without a value, with the id of another', { id: idOf(1), ...NOTHING, keyId: fingerprints.old }, false],
  ])('says whether it is the right one: %s', (_title, { id: _id, ...stored }, isNamed) => {
    expect(createJudge(ring, layout)(stored)).toMatchObject({ isNamed });
  });

  it('takes a column that is not there for null', () => {
    expect(createJudge(ring, layout)(NOTHING)).toEqual({ kind: 'no-value', isNamed: true });
  });
});

describe('a rotation of rows that have a key id', () => {
  it('gives each the id of the target key, and re-encrypts only those under another', async () => {
    const store = tableOf(
      named(row(1), fingerprints.old),
      named(row(2, 'new'), null),
      named(row(3, 'new'), fingerprints.new),
      { id: idOf(4), ...NOTHING, keyId: fingerprints.old },
      { id: idOf(5), ...NOTHING, keyId: null },
    );
    const saved: Swap[] = [];
    const outcomes: string[] = [];
    const values = store.table.map(({ iv }) => iv);
    const run = await rotateNamed(store, {
      batchRows: 10,
      beforeWrite: async (_field, swaps) => void saved.push(...swaps),
      observer: { ...silentObserver(), onRow: (_field, id, outcome) => outcomes.push(`${id} ${outcome}`) },
    });
    expect(run).toMatchObject({ ending: { kind: 'rotated' }, tally: { rotated: 1, named: 2 }, before: { misnamed: 2 } });
    expect(run.after).toMatchObject({ misnamed: 0 });
    expect(outcomes).toEqual([`${idOf(1)} rotated`, `${idOf(2)} named`, `${idOf(4)} named`]);
    expect(saved.map(({ id }) => id)).toEqual([idOf(1)]);
    expect(idsIn(store)).toEqual([fingerprints.new, fingerprints.new, fingerprints.new, fingerprints.new, null]);
    expect(store.table.slice(1).map(({ iv }) => iv)).toEqual(values.slice(1));
    expect(contents(store).slice(0, 3)).toEqual([1, 2, 3].map((number) => `new: plaintext of ${idOf(number)}`));
  });

  it('corrects ids where there is nothing to re-encrypt, and writes nothing in a dry run', async () => {
    const store = tableOf(named(row(1, 'new'), fingerprints.old));
    expect((await rotateNamed(store, { dryRun: true })).ending.kind).toBe('rehearsed');
    expect(idsIn(store)).toEqual([fingerprints.old]);
    expect(await rotateNamed(store)).toMatchObject({ ending: { kind: 'rotated' }, tally: { rotated: 0, named: 1 } });
    expect(idsIn(store)).toEqual([fingerprints.new]);
    expect((await rotateNamed(store)).ending.kind).toBe('nothing-to-do');
  });

  it('goes by what the row holds when it is written', async () => {
    const others = [3, 4].map((number) => named(row(number, 'new'), fingerprints.new));
    const store = tableOf(named(row(1, 'new'), null), named(row(2, 'new'), null), ...others);
    // The application deletes the value of one row, and writes the other anew with its id, just before the tool does.
    store.before = (call, nth) => {
      if (call.method !== 'swap' || nth !== 1) return;
      store.put({ id: idOf(1), ...NOTHING, keyId: null }, named(row(2, 'new', 'newer'), fingerprints.new));
    };
    const run = await rotateNamed(store, { batchRows: 10 });
    expect(run).toMatchObject({ ending: { kind: 'rotated' }, tally: { named: 0, conflicts: 2, gone: 1, alreadyRotated: 1 } });
    expect(contents(store).slice(0, 2)).toEqual(['unreadable', 'new: newer']);
  });

  it('corrects the id of a row that changes meanwhile, and saves no value of it', async () => {
    const store = tableOf(named(row(1, 'new'), null));
    store.before = (call, nth) => {
      if (call.method === 'swap' && nth === 1) store.put(named(row(1, 'new', 'newer'), null));
    };
    const saved: Swap[] = [];
    const run = await rotateNamed(store, { beforeWrite: async (_field, swaps) => void saved.push(...swaps) });
    expect(run).toMatchObject({ ending: { kind: 'rotated' }, tally: { named: 1, conflicts: 1 }, after: { misnamed: 0 } });
    expect(contents(store)).toEqual(['new: newer']);
    expect(saved).toEqual([]);
  });

  it('does not wait for ids that an application keeps leaving out: no proof rests on them', async () => {
    const store = tableOf(named(row(1), fingerprints.old));
    store.after = (call) => {
      if (call.method === 'swap') store.put(named(row(2, 'new'), null));
    };
    const run = await rotateNamed(store);
    expect(run).toMatchObject({ ending: { kind: 'rotated' }, after: { misnamed: 1 } });
  });
});
