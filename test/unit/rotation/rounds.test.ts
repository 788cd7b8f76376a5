import { describe, expect, it } from 'vitest';
import type { MemoryStore } from '../../support/memory-store.ts';
import { contents, idOf, rotateTable, row, strangeRow, tableOf, under } from './table.ts';

/** The application does `write` between a pass that wrote and the verification after it, in the first `rounds` passes. */
function writeBehindCursor(store: MemoryStore, rounds: number, write: (round: number) => void): void {
  let round = 0;
  let wrote = false;
  store.before = (call) => {
    if (call.method === 'swap') wrote = true;
    if (call.method !== 'readPage' || call.after !== null || !wrote || round >= rounds) return;
    round += 1;
    wrote = false;
    write(round);
  };
}

const passes = (phases: readonly { readonly name: string }[]) => phases.map(({ name }) => name).join(' ');

describe('an application that writes while the rotation runs', () => {
  it.each([1, 2])('under the old key behind it, in %i rounds: the rotation goes round again', async (rounds) => {
    const store = tableOf(5);
    writeBehindCursor(store, rounds, (round) => store.put({ ...row(0, 'old', `inserted ${round}`), id: `${idOf(0)}-${round}` }));
    const { ending, tally, after, phases } = await rotateTable(store);
    expect(ending).toEqual({ kind: 'rotated' });
    expect(contents(store)).toEqual([
      ...Array.from({ length: rounds }, (_, index) => `new: inserted ${index + 1}`),
      ...under('new', 1, 5),
    ]);
    expect(tally.rotated).toBe(5 + rounds);
    expect(after).toMatchObject({ rows: 5 + rounds, under: { old: 0, new: 5 + rounds } });
    expect(passes(phases)).toBe(`preflight${' rotate verify'.repeat(rounds + 1)}`);
  });

  it('under the old key without end: not verified after three rounds, with the rows that are left', async () => {
    const store = tableOf(5);
    writeBehindCursor(store, 99, (round) => store.put(row(1, 'old', `written ${round}`)));
    const { ending, after, phases } = await rotateTable(store);
    expect(ending).toEqual({ kind: 'not verified' });
    expect(after).toMatchObject({ rows: 5, under: { old: 1, new: 4 }, unreadable: 0 });
    expect(passes(phases)).toBe('preflight rotate verify rotate verify rotate verify');
    expect(contents(store)).toEqual(['old: written 3', ...under('new', 2, 5)]);
  });

  it('a value that opens under neither key: not verified, at once', async () => {
    const store = tableOf(5);
    writeBehindCursor(store, 1, () => store.put(strangeRow(2)));
    const { ending, after, phases } = await rotateTable(store);
    expect(ending).toEqual({ kind: 'not verified' });
    expect(after).toMatchObject({ under: { old: 0, new: 4 }, unreadable: 1, unreadableRows: [{ id: idOf(2) }] });
    expect(passes(phases)).toBe('preflight rotate verify');
  });

  it('a value that opens under neither key, where such rows are skipped: all but that one', async () => {
    const store = tableOf(5);
    writeBehindCursor(store, 1, () => store.put(strangeRow(2), row(1, 'old', 'written')));
    const { ending, phases } = await rotateTable(store, { skipUnreadable: true });
    expect(ending).toEqual({ kind: 'all but unreadable rows' });
    expect(passes(phases)).toBe('preflight rotate verify rotate verify');
    expect(contents(store)).toEqual(['new: written', 'unreadable', ...under('new', 3, 5)]);
  });

  it('under the new key: verified, but the plaintexts are not the same as before', async () => {
    const store = tableOf(5);
    writeBehindCursor(store, 1, () => store.put(row(2, 'new', 'written')));
    const { ending, before, after } = await rotateTable(store);
    expect(ending).toEqual({ kind: 'rotated' });
    expect(after?.digest).not.toBe(before?.digest);
  });

  it('the same plaintexts under the new key: verified, and the plaintexts are the same as before', async () => {
    const store = tableOf(5);
    writeBehindCursor(store, 1, () => store.put(row(2, 'new')));
    const { before, after } = await rotateTable(store);
    expect(after?.digest).toBe(before?.digest);
  });

  it.each<[string, (store: MemoryStore) => void]>([
    ['deletes a row', (store) => store.rows.delete(idOf(2))],
    ['inserts a row', (store) => store.put(row(9, 'new'))],
    [
      'exchanges two plaintexts',
      (store) => store.put(row(2, 'new', 'plaintext of row-00003'), row(3, 'new', 'plaintext of row-00002')),
    ],
  ])('%s: the plaintexts are not the same as before', async (_title, write) => {
    const store = tableOf(5);
    writeBehindCursor(store, 1, () => write(store));
    const { ending, before, after } = await rotateTable(store);
    expect(ending).toEqual({ kind: 'rotated' });
    expect(after?.digest).not.toBe(before?.digest);
  });

  it('back under the new key during a rollback: the rollback goes round again', async () => {
    const store = tableOf(5, 'new');
    writeBehindCursor(store, 1, () => store.put(row(2, 'new')));
    const { ending } = await rotateTable(store, { target: 'old' });
    expect(ending).toEqual({ kind: 'rotated' });
    expect(contents(store)).toEqual(under('old', 1, 5));
  });

  it('empties the table: rotated, with nothing in it', async () => {
    const store = tableOf(5);
    writeBehindCursor(store, 1, () => store.rows.clear());
    const { ending, after } = await rotateTable(store);
    expect(ending).toEqual({ kind: 'rotated' });
    expect(after?.rows).toBe(0);
  });
});

describe('a run that stops in its second round', () => {
  it('does not show the verification of the first round as its last word', async () => {
    const store = tableOf(5);
    writeBehindCursor(store, 1, () => store.put(row(1, 'old', 'written')));
    const { before } = store;
    store.before = (call, nth) => {
      before(call, nth);
      if (call.method === 'swap' && nth === 6) throw new Error('cut');
    };
    const { ending, after } = await rotateTable(store);
    expect(ending.kind).toBe('write unanswered');
    expect(after).toBeNull();
  });
});
