import { describe, expect, it } from 'vitest';
import { RowFailed } from '../../../src/rotation/row-failed.ts';
import { RunningTally } from '../../../src/rotation/tally.ts';
import type { MemoryStore } from '../../support/model/memory-store.ts';
import { contents, FIELD, idOf, passOver, plaintextOf, row, strangeRow, tableOf, under } from './table.ts';

const THIRD = idOf(3);

/** The application does `write` each time the tool is about to swap row 3; `times` limits how often. */
function changeBeforeSwap(store: MemoryStore, write: (time: number) => void, times = Number.POSITIVE_INFINITY): void {
  let time = 0;
  store.before = (call) => {
    if (call.method !== 'swap' || time >= times || !call.swaps.some(({ id }) => id === THIRD)) return;
    time += 1;
    write(time);
  };
}

describe.each([1, 2, 5])('a row that the application changes before it is written, in batches of %i', (batchRows) => {
  it('is left deleted, and counted as gone', async () => {
    const store = tableOf(5);
    changeBeforeSwap(store, () => store.rows.delete(THIRD));
    const { error, tally, outcomes } = await passOver(store, { batchRows });
    expect(error).toBeUndefined();
    expect(contents(store)).toEqual([...under('new', 1, 2), ...under('new', 4, 5)]);
    expect(tally).toEqual({ rotated: 4, conflicts: 1, gone: 1, alreadyRotated: 0, named: 0 });
    expect(outcomes).toContain(`${THIRD} gone`);
  });

  it('keeps a value that the application wrote under the new key', async () => {
    const store = tableOf(5);
    const written = row(3, 'new', 'written meanwhile');
    changeBeforeSwap(store, () => store.put(written));
    const { error, tally, outcomes } = await passOver(store, { batchRows });
    expect(error).toBeUndefined();
    expect(store.rows.get(THIRD)).toEqual(written);
    expect(tally).toEqual({ rotated: 4, conflicts: 1, gone: 0, alreadyRotated: 1, named: 0 });
    expect(outcomes).toContain(`${THIRD} already-rotated`);
  });

  it.each([1, 2])('has its latest value rotated if the application wrote %i times under the old key', async (times) => {
    const store = tableOf(5);
    changeBeforeSwap(store, (time) => store.put(row(3, 'old', `written meanwhile ${time}`)), times);
    const { error, tally } = await passOver(store, { batchRows });
    expect(error).toBeUndefined();
    expect(contents(store)).toEqual([...under('new', 1, 2), `new: written meanwhile ${times}`, ...under('new', 4, 5)]);
    expect(tally).toEqual({ rotated: 5, conflicts: times, gone: 0, alreadyRotated: 0, named: 0 });
  });

  it('has its third value rotated: three conflicts are allowed', async () => {
    const store = tableOf(5);
    changeBeforeSwap(store, (time) => store.put(row(3, 'old', `written meanwhile ${time}`)), 3);
    const { error, tally } = await passOver(store, { batchRows });
    expect(error).toBeUndefined();
    expect(contents(store)).toContain('new: written meanwhile 3');
    expect(tally).toEqual({ rotated: 5, conflicts: 3, gone: 0, alreadyRotated: 0, named: 0 });
  });

  it('stops the pass if it changes every time, and keeps the last value', async () => {
    const store = tableOf(5);
    changeBeforeSwap(store, (time) => store.put(row(3, 'old', `written meanwhile ${time}`)));
    const { error, tally } = await passOver(store, { batchRows });
    expect(error).toEqual(new RowFailed(FIELD, THIRD, { kind: 'conflicts', attempts: 3 }));
    expect(contents(store)).toContain('old: written meanwhile 4');
    expect(tally.conflicts).toBe(3);
    expect(store.swapped.filter((ids) => ids.includes(THIRD))).toHaveLength(4);
  });

  it('stops the pass if neither key can decrypt its new value', async () => {
    const store = tableOf(5);
    const strange = strangeRow(3);
    changeBeforeSwap(store, () => store.put(strange));
    const { error } = await passOver(store, { batchRows });
    expect(error).toEqual(new RowFailed(FIELD, THIRD, { kind: 'not-authentic' }));
    expect(store.rows.get(THIRD)).toEqual(strange);
  });

  it('is skipped if neither key can decrypt its new value and such rows are skipped', async () => {
    const store = tableOf(5);
    const strange = { ...row(3), tag: '' };
    changeBeforeSwap(store, () => store.put(strange));
    const { error, tally, outcomes } = await passOver(store, { batchRows, skipUnreadable: true });
    expect(error).toBeUndefined();
    expect(store.rows.get(THIRD)).toEqual(strange);
    expect(outcomes).toContain(`${THIRD} unreadable`);
    expect(tally).toEqual({ rotated: 4, conflicts: 1, gone: 0, alreadyRotated: 0, named: 0 });
  });

  it('is written only if all three columns hold exactly the value that was read', async () => {
    for (const column of ['iv', 'content', 'tag'] as const) {
      const store = tableOf(5);
      const changed = { ...row(3), ...store.rows.get(THIRD), [column]: row(3)[column] };
      changeBeforeSwap(store, () => store.put(changed));
      await passOver(store, { batchRows });
      expect(store.rows.get(THIRD)).toEqual(changed);
    }
  });

  it('fails with the error of the store if it cannot be read again', async () => {
    const store = tableOf(5);
    store.before = (call) => {
      if (call.method === 'swap' && call.swaps.some(({ id }) => id === THIRD)) store.rows.delete(THIRD);
      if (call.method === 'readRows') throw new Error('cut');
    };
    expect((await passOver(store, { batchRows })).error).toEqual(new Error('cut'));
  });
});

describe('in batches', () => {
  it('counts and tells of every row that the statement wrote, also behind the row that failed', async () => {
    const store = tableOf(5);
    changeBeforeSwap(store, () => store.put(strangeRow(3)));
    const { tally, outcomes } = await passOver(store, { batchRows: 5 });
    expect(contents(store)).toEqual([...under('new', 1, 2), 'unreadable', ...under('new', 4, 5)]);
    expect(tally).toEqual({ rotated: 4, conflicts: 1, gone: 0, alreadyRotated: 0, named: 0 });
    expect(outcomes).toEqual([1, 2, 4, 5].map((number) => `${idOf(number)} rotated`));
  });

  it('counts them even if the row cannot be read again', async () => {
    const store = tableOf(5);
    store.before = (call) => {
      if (call.method === 'swap') store.rows.delete(THIRD);
      if (call.method === 'readRows') throw new Error('cut');
    };
    expect((await passOver(store, { batchRows: 5 })).tally).toEqual({
      rotated: 4,
      conflicts: 1,
      gone: 0,
      alreadyRotated: 0,
      named: 0,
    });
  });
});

describe('row by row', () => {
  it('does not try again if the run was aborted in the meantime: the lock may be lost', async () => {
    const abort = new AbortController();
    const store = tableOf(5);
    store.before = (call) => {
      if (call.method === 'swap' && call.swaps.some(({ id }) => id === THIRD)) store.put(row(3, 'old', 'written meanwhile'));
      if (call.method === 'readRows') abort.abort(new Error('lock lost'));
    };
    const { error } = await passOver(store, { signal: abort.signal });
    expect(error).toEqual(new Error('lock lost'));
    expect(store.swapped).toHaveLength(3);
    expect(contents(store)).toContain('old: written meanwhile');
  });

  it('leaves the rows after a row that failed untouched', async () => {
    const store = tableOf(5);
    changeBeforeSwap(store, () => store.put(strangeRow(3)));
    const { tally } = await passOver(store);
    expect(contents(store)).toEqual([...under('new', 1, 2), 'unreadable', ...under('old', 4, 5)]);
    expect(tally).toEqual({ rotated: 2, conflicts: 1, gone: 0, alreadyRotated: 0, named: 0 });
  });

  it('reads again only the row that changed', async () => {
    const store = tableOf(5);
    changeBeforeSwap(store, () => store.put(row(3, 'old', 'written meanwhile')), 1);
    await passOver(store, { batchRows: 5 });
    expect(store.calls.filter(({ method }) => method === 'readRows')).toEqual([{ method: 'readRows', ids: [THIRD] }]);
    expect(store.swapped).toEqual([store.table.map(({ id }) => id), [THIRD]]);
  });

  it('has its tally right at the moment when it tells of a row', async () => {
    const store = tableOf(5);
    changeBeforeSwap(store, () => store.rows.delete(THIRD));
    const tally = new RunningTally();
    const told: number[] = [];
    await passOver(store, { tally, onRow: () => told.push(tally.now().rotated + tally.now().gone) });
    expect(told).toEqual([1, 2, 3, 4, 5]);
  });

  it('does not undo what the application wrote after the row was rotated', async () => {
    const store = tableOf(5);
    const written = row(3, 'old', plaintextOf(3));
    store.after = (call) => {
      if (call.method === 'swap' && call.swaps.some(({ id }) => id === idOf(4))) store.put(written);
    };
    const { error, tally } = await passOver(store);
    expect(error).toBeUndefined();
    expect(store.rows.get(THIRD)).toEqual(written);
    expect(tally).toEqual({ rotated: 5, conflicts: 0, gone: 0, alreadyRotated: 0, named: 0 });
  });
});
