import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { RowFailed } from '../../../src/rotation/row-failed.ts';
import { WriteInDoubt } from '../../../src/rotation/write-swaps.ts';
import type { MemoryStore } from '../../support/model/memory-store.ts';
import {
  contents,
  FIELD,
  hex,
  idOf,
  type PassRun,
  passOver,
  plaintextOf,
  rotateTable,
  row,
  strangeRow,
  tableOf,
  under,
} from './table.ts';

const CUT = new Error('connection cut');
const ids = (...numbers: number[]) => numbers.map(idOf);

/** The second swap gives no answer: it was done, or it was not. */
function loseSecondSwap(store: MemoryStore, applied: boolean, also: () => void = () => {}): void {
  const lose = (method: string, nth: number) => {
    if (method !== 'swap' || nth !== 2) return;
    also();
    throw CUT;
  };
  if (applied) store.after = ({ method }, nth) => lose(method, nth);
  else store.before = ({ method }, nth) => lose(method, nth);
}

function expectInDoubt({ error }: PassRun, found: WriteInDoubt['failure']['found']): void {
  if (!(error instanceof WriteInDoubt)) expect.fail(`not WriteInDoubt: ${inspect(error)}`);
  expect(error.message).toBe('a write is in doubt');
  expect(error.cause).toBe(CUT);
  expect(error.failure.found).toEqual(found);
}

describe('a write that gives no answer', () => {
  it('is read again, and found written', async () => {
    const store = tableOf(5);
    loseSecondSwap(store, true);
    const run = await passOver(store);
    expectInDoubt(run, { written: ids(2), notWritten: [], unknown: [] });
    expect(run.tally).toEqual({ rotated: 2, conflicts: 0, gone: 0, alreadyRotated: 0, named: 0 });
    expect(run.outcomes).toEqual([`${idOf(1)} rotated`, `${idOf(2)} rotated`]);
    expect(contents(store)).toEqual([...under('new', 1, 2), ...under('old', 3, 5)]);
  });

  it('is read again, and found not written', async () => {
    const store = tableOf(5);
    loseSecondSwap(store, false);
    const run = await passOver(store);
    expectInDoubt(run, { written: [], notWritten: ids(2), unknown: [] });
    expect(run.tally.rotated).toBe(1);
    expect(contents(store)).toEqual([...under('new', 1, 1), ...under('old', 2, 5)]);
  });

  it('is read again in one question for a whole batch', async () => {
    const store = tableOf(9);
    loseSecondSwap(store, true);
    const run = await passOver(store, { batchRows: 3 });
    expectInDoubt(run, { written: ids(4, 5, 6), notWritten: [], unknown: [] });
    expect(run.tally.rotated).toBe(6);
    expect(store.calls.filter(({ method }) => method === 'readRows')).toEqual([{ method: 'readRows', ids: ids(4, 5, 6) }]);
  });

  it('is not taken for written if the application changed or deleted the rows in the meantime', async () => {
    const store = tableOf(9);
    loseSecondSwap(store, true, () => {
      store.put(row(4, 'new', 'written by the application'));
      store.rows.delete(idOf(5));
    });
    const run = await passOver(store, { batchRows: 3 });
    expectInDoubt(run, { written: ids(6), notWritten: ids(4, 5), unknown: [] });
    expect(run.tally.rotated).toBe(4);
  });

  it.each(['iv', 'content', 'tag'] as const)('is not taken for written if only the %s is another one', async (column) => {
    const store = tableOf(5);
    loseSecondSwap(store, true, () => {
      const written = store.rows.get(idOf(2)) ?? expect.fail('gone');
      store.put({ ...written, [column]: row(2)[column] });
    });
    expectInDoubt(await passOver(store), { written: [], notWritten: ids(2), unknown: [] });
  });

  it.each([true, false])('is unknown if the rows cannot be read again (written: %s)', async (applied) => {
    const store = tableOf(9);
    loseSecondSwap(store, applied);
    const before = store.before;
    store.before = (call, nth) => {
      if (call.method === 'readRows') throw new Error('still cut');
      before(call, nth);
    };
    const run = await passOver(store, { batchRows: 3 });
    expectInDoubt(run, { written: [], notWritten: [], unknown: ids(4, 5, 6) });
    expect(run.tally.rotated).toBe(3);
  });

  it('counts also when it is the second try after a conflict', async () => {
    const store = tableOf(1);
    store.before = (call, nth) => {
      if (call.method === 'swap' && nth === 1) store.put(row(1, 'old', 'written meanwhile'));
    };
    loseSecondSwap(store, true);
    const run = await passOver(store);
    expectInDoubt(run, { written: ids(1), notWritten: [], unknown: [] });
    expect(run.tally).toEqual({ rotated: 1, conflicts: 1, gone: 0, alreadyRotated: 0, named: 0 });
    expect(contents(store)).toEqual(['new: written meanwhile']);
  });

  it('stops the pass even if the row that was being planned in the meantime is unreadable', async () => {
    const store = tableOf(3);
    store.put(strangeRow(3));
    loseSecondSwap(store, true);
    expectInDoubt(await passOver(store), { written: ids(2), notWritten: [], unknown: [] });
  });

  it('stops the pass even if it was aborted in the meantime: what became of the write is worth more than the reason', async () => {
    const abort = new AbortController();
    const store = tableOf(5);
    loseSecondSwap(store, true, () => abort.abort(new Error('stop')));
    expectInDoubt(await passOver(store, { signal: abort.signal }), { written: ids(2), notWritten: [], unknown: [] });
  });

  it.each([true, false])('is finished by the same run again (written: %s)', async (applied) => {
    const store = tableOf(9);
    loseSecondSwap(store, applied);
    expect((await rotateTable(store, { batchRows: 2 })).ending).toMatchObject({ kind: 'write-in-doubt', cause: CUT });
    store.before = () => {};
    store.after = () => {};
    expect((await rotateTable(store, { batchRows: 2 })).ending).toEqual({ kind: 'rotated' });
    expect(contents(store)).toEqual(under('new', 1, 9));
  });
});

describe('the errors of a run', () => {
  it('name the row and the problem, and show neither value nor plaintext nor key', async () => {
    const store = tableOf(3);
    store.put(strangeRow(2));
    const { error } = await passOver(store);
    if (!(error instanceof RowFailed)) expect.fail('not RowFailed');
    expect(error.name).toBe('RowFailed');
    expect(error.message).toBe(`row ${idOf(2)} cannot be rotated: not-authentic`);

    const unanswered = new WriteInDoubt(FIELD, CUT, { written: [idOf(2)], notWritten: [], unknown: [] });
    expect(unanswered.name).toBe('WriteInDoubt');
    for (const shown of [inspect(error, { depth: null }), inspect(unanswered, { depth: null })]) {
      for (const foreign of [plaintextOf(2), hex.old, hex.new, String(store.rows.get(idOf(2))?.tag)]) {
        expect(shown).not.toContain(foreign);
      }
    }
  });
});
