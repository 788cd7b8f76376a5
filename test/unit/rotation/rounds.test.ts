import { describe, expect, it } from 'vitest';
import { SOURCE_IDS_KEPT } from '../../../src/rotation/census.ts';
import type { MemoryStore } from '../../support/model/memory-store.ts';
import { contents, FIELD, idOf, ringBack, rotateTable, row, silentObserver, strangeRow, tableOf, under } from './table.ts';

/** The application does `write` between a pass that wrote and the verification after it, in the first `rounds` passes. */
function writeBehindCursor(store: MemoryStore, rounds: number, write: (round: number) => void): void {
  let round = 0;
  let wrote = false;
  store.before = (call) => {
    if (call.method === 'swap') wrote = true;
    if (call.method !== 'scan' || !wrote || round >= rounds) return;
    round += 1;
    wrote = false;
    write(round);
  };
}

function deleteFirstTwo(store: MemoryStore): void {
  for (const number of [1, 2]) store.rows.delete(idOf(number));
}

const passes = (phases: readonly { readonly name: string }[]) => phases.map(({ name }) => name).join(' ');

describe('an application that writes while the rotation runs', () => {
  it.each([1, 2])('with the old key after the run has passed, in %i rounds: the rotation does another round', async (rounds) => {
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

  it('with the old key, forever: not verified after three rounds, with the rows that are left', async () => {
    const store = tableOf(5);
    writeBehindCursor(store, 99, (round) => store.put(row(1, 'old', `written ${round}`)));
    const { ending, after, phases } = await rotateTable(store);
    expect(ending).toEqual({ kind: 'not-verified', doubt: { kind: 'reverted', count: 1, ids: [idOf(1)] } });
    expect(after).toMatchObject({ rows: 5, under: { old: 1, new: 4 }, unreadable: 0 });
    expect(passes(phases)).toBe('preflight rotate verify rotate verify rotate verify');
    expect(contents(store)).toEqual(['old: written 3', ...under('new', 2, 5)]);
  });

  it('with the old key, forever, each time another row: not verified, and no row is blamed', async () => {
    const store = tableOf(5);
    writeBehindCursor(store, 99, (round) => store.put(row(10 + round, 'old')));
    expect((await rotateTable(store)).ending).toEqual({ kind: 'not-verified', doubt: { kind: 'written-meanwhile', count: 1 } });
  });

  it('with the new key while a row is moved, then with the old one, forever: no row is said to have been written back', async () => {
    const store = tableOf(5);
    writeBehindCursor(store, 99, (round) => store.put(row(1, 'old', `written ${round}`)));
    const behind = store.before;
    store.before = (call, nth) => {
      behind(call, nth);
      if (call.method === 'swap' && call.swaps.some(({ id }) => id === idOf(1)) && nth > 5)
        store.put(row(1, 'new', `moved ${nth}`));
    };
    expect((await rotateTable(store)).ending).toEqual({ kind: 'not-verified', doubt: { kind: 'written-meanwhile', count: 1 } });
  });

  it('with the old key, more rows than the survey can name: the next round goes over all of them', async () => {
    const store = tableOf(1);
    writeBehindCursor(store, 1, () => {
      for (let number = 1; number <= SOURCE_IDS_KEPT + 1; number += 1) store.put(row(number, 'old'));
    });
    const { ending, phases } = await rotateTable(store, { batchRows: 5000 });
    expect(ending).toEqual({ kind: 'rotated' });
    expect(passes(phases)).toBe('preflight rotate verify rotate rotate verify');
  });

  it('a value that neither key can decrypt: not verified, at once', async () => {
    const store = tableOf(5);
    writeBehindCursor(store, 1, () => store.put(strangeRow(2)));
    const { ending, after, phases } = await rotateTable(store);
    expect(ending).toEqual({
      kind: 'not-verified',
      doubt: { kind: 'ruined', count: 1, rows: [{ id: idOf(2), why: { kind: 'not-authentic' } }] },
    });
    expect(after).toMatchObject({ under: { old: 0, new: 4 }, unreadable: 1, ruined: 1, ruinedRows: [{ id: idOf(2) }] });
    expect(passes(phases)).toBe('preflight rotate verify');
  });

  it('a value that neither key can decrypt, if such rows are skipped: not verified, since it was not known before', async () => {
    const store = tableOf(5);
    store.put(strangeRow(4));
    writeBehindCursor(store, 1, () => store.put(strangeRow(2)));
    const { ending, after } = await rotateTable(store, { skipUnreadable: true });
    expect(ending).toEqual({
      kind: 'not-verified',
      doubt: { kind: 'ruined', count: 1, rows: [{ id: idOf(2), why: { kind: 'not-authentic' } }] },
    });
    expect(after).toMatchObject({ unreadable: 2, ruined: 1, ruinedRows: [{ id: idOf(2) }] });
  });

  it('into a row that was unreadable before, if such rows are skipped: all but those that were', async () => {
    const store = tableOf(5);
    store.put(strangeRow(2), strangeRow(4));
    writeBehindCursor(store, 1, () => store.put(row(2, 'old', 'written'), strangeRow(4)));
    const { ending, phases } = await rotateTable(store, { skipUnreadable: true });
    expect(ending).toEqual({ kind: 'rotated-except-unreadable' });
    expect(passes(phases)).toBe('preflight rotate verify rotate verify');
    expect(contents(store)).toEqual([
      ...under('new', 1, 1),
      'new: written',
      ...under('new', 3, 3),
      'unreadable',
      ...under('new', 5, 5),
    ]);
  });

  it('with the new key: verified, but the plaintexts are not the same as before', async () => {
    const store = tableOf(5);
    writeBehindCursor(store, 1, () => store.put(row(2, 'new', 'written')));
    const { ending, before, after } = await rotateTable(store);
    expect(ending).toEqual({ kind: 'rotated' });
    expect(after?.digest).not.toBe(before?.digest);
  });

  it('the same plaintexts with the new key: verified, and the plaintexts are the same as before', async () => {
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

  it('with the new key during a rollback: the rollback does another round', async () => {
    const store = tableOf(5, 'new');
    writeBehindCursor(store, 1, () => store.put(row(2, 'new')));
    const { ending } = await rotateTable(store, { ring: ringBack });
    expect(ending).toEqual({ kind: 'rotated' });
    expect(contents(store)).toEqual(under('old', 1, 5));
  });

  it('empties the table: not verified, since nothing is left to prove it by', async () => {
    const store = tableOf(5);
    writeBehindCursor(store, 1, () => store.rows.clear());
    const { ending, before, after } = await rotateTable(store);
    expect(ending).toEqual({ kind: 'not-verified', doubt: { kind: 'rows-gone', went: 5 } });
    expect([before?.rows, after?.rows]).toEqual([5, 0]);
  });

  it('with the old key, fewer each time, in more than three rounds: the rotation continues until none is left', async () => {
    const store = tableOf(9);
    writeBehindCursor(store, 5, (round) => {
      for (let number = round; number <= 5; number += 1) store.put(row(number, 'old', `written ${round}`));
    });
    const { ending, late, phases } = await rotateTable(store);
    expect(ending).toEqual({ kind: 'rotated' });
    expect(late).toBe(5);
    expect(passes(phases)).toBe(`preflight${' rotate verify'.repeat(6)}`);
  });
});

describe('what keeps a last survey without a single row under the old key from being a proof', () => {
  it.each<[string, object, (store: MemoryStore) => void]>([
    ['half of the rows went', { kind: 'rows-gone', went: 2 }, (store) => deleteFirstTwo(store)],
    ['a partition went', { kind: 'parts-changed' }, (store) => Object.assign(store, { parts: 'another' })],
    [
      'a transaction has written and not ended',
      { kind: 'uncommitted', transactions: ['pid 1'] },
      (store) => Object.assign(store, { uncommitted: ['pid 1'] }),
    ],
  ])('%s', async (_title, doubt, happen) => {
    const store = tableOf(4);
    writeBehindCursor(store, 1, () => happen(store));
    const { ending, tally } = await rotateTable(store);
    expect(ending).toEqual({ kind: 'not-verified', doubt });
    expect(tally.rotated).toBe(4);
  });

  it('fewer than half of the rows are gone: rotated', async () => {
    const store = tableOf(5);
    writeBehindCursor(store, 1, () => deleteFirstTwo(store));
    expect((await rotateTable(store)).ending).toEqual({ kind: 'rotated' });
  });

  it('a transaction that is still open, if there is nothing to rotate: not verified; a dry run says what it sees', async () => {
    const store = tableOf(3, 'new');
    store.uncommitted = ['pid 1'];
    const doubt = { kind: 'uncommitted', transactions: ['pid 1'] };
    expect((await rotateTable(store)).ending).toEqual({ kind: 'not-verified', doubt });
    expect((await rotateTable(store, { dryRun: true })).ending).toEqual({ kind: 'nothing-to-do' });
  });
});

describe('rows that the pages do not reach', () => {
  it('are rotated by their ids, as the survey has them', async () => {
    const store = tableOf(5);
    const readPage = store.readPage.bind(store);
    store.readPage = async (after, limit) => (await readPage(after, limit)).filter(({ id }) => id !== idOf(3));
    const told: string[] = [];
    const observer = {
      ...silentObserver(),
      onRow: (field: string, id: string, outcome: string) => told.push(`${field} ${id} ${outcome}`),
    };
    const { ending, late, tally, phases } = await rotateTable(store, { observer });
    expect(ending).toEqual({ kind: 'rotated' });
    expect(late).toBe(1);
    expect(tally.rotated).toBe(5);
    expect(told).toEqual([1, 2, 4, 5, 3].map((number) => `${FIELD} ${idOf(number)} rotated`));
    expect(passes(phases)).toBe('preflight rotate verify rotate verify');
    expect(contents(store)).toEqual(under('new', 1, 5));
  });

  it('and that a write does not reach either, though they are found: not verified, and named', async () => {
    const store = tableOf(5);
    store.hidden.add(idOf(2));
    let listed = false;
    const readRows = store.readRows.bind(store);
    store.readRows = async (ids) => {
      const first = ids.length > 1 || !listed;
      listed = true;
      return first ? ids.flatMap((id) => store.scanned(id)) : readRows(ids);
    };
    const swap = store.swap.bind(store);
    store.swap = async (swaps) => swap(swaps.filter(({ id }) => !store.hidden.has(id)));
    store.before = ({ method }) => {
      if (method === 'scan') listed = false;
    };
    const { ending } = await rotateTable(store);
    expect(ending).toEqual({ kind: 'not-verified', doubt: { kind: 'unreachable', count: 1, ids: [idOf(2)] } });
  });

  it('and that cannot be found by id: not verified, and named', async () => {
    const store = tableOf(5);
    store.hidden.add(idOf(2)).add(idOf(4));
    const { ending, tally } = await rotateTable(store);
    expect(ending).toEqual({ kind: 'not-verified', doubt: { kind: 'unreachable', count: 2, ids: [idOf(2), idOf(4)] } });
    expect(tally.rotated).toBe(3);
  });

  it('and whose ids the database considers equal to others: each is judged by itself', async () => {
    const store = tableOf(3);
    const readRows = store.readRows.bind(store);
    store.readRows = async () => readRows([idOf(1), idOf(2), idOf(3)]);
    writeBehindCursor(store, 1, () => store.put(row(2, 'old', 'written')));
    const { ending } = await rotateTable(store);
    expect(ending).toEqual({ kind: 'rotated' });
    expect(contents(store)).toEqual([...under('new', 1, 1), 'new: written', ...under('new', 3, 3)]);
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
    expect(ending.kind).toBe('write-in-doubt');
    expect(after).toBeNull();
  });
});
