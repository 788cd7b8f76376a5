import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { countUnder } from '../../../src/rotation/census.ts';
import { atOnce } from '../../../src/rotation/pace.ts';
import { rotate } from '../../../src/rotation/rotate.ts';
import type { Observer } from '../../../src/rotation/run.ts';
import {
  contents,
  FIELD,
  fieldOf,
  hex,
  idOf,
  keys,
  plaintextOf,
  ring,
  ringBack,
  rotateTable,
  row,
  silentObserver,
  strangeRow,
  tableOf,
  under,
} from './table.ts';

describe('rotating', () => {
  it('ends with every row under the new key, counted before and after', async () => {
    const store = tableOf(9);
    store.put(row(4, 'new'));
    const { ending, tally, before, after, phases } = await rotateTable(store);
    expect(ending).toEqual({ kind: 'rotated' });
    expect(contents(store)).toEqual(under('new', 1, 9));
    expect(tally).toEqual({ rotated: 8, conflicts: 0, gone: 0, alreadyRotated: 0, named: 0 });
    expect(before).toMatchObject({ rows: 9, under: { old: 8, new: 1 }, unreadable: 0 });
    expect(after).toMatchObject({ rows: 9, under: { old: 0, new: 9 }, unreadable: 0 });
    expect(after?.digest).toBe(before?.digest);
    expect(phases.map(({ name, rows }) => `${name} ${rows}`)).toEqual(['preflight 9', 'rotate 8', 'verify 9']);
    for (const { seconds } of phases) expect(seconds).toBeGreaterThan(0);
    for (const { seconds } of phases) expect(seconds).toBeLessThan(5);
  });

  it('back to the old key makes the same promises', async () => {
    const store = tableOf(9, 'new');
    store.put(row(4, 'old'));
    const { ending, before, after } = await rotateTable(store, { ring: ringBack });
    expect(ending).toEqual({ kind: 'rotated' });
    expect(contents(store)).toEqual(under('old', 1, 9));
    expect(before).toMatchObject({ under: { old: 1, new: 8 } });
    expect(after).toMatchObject({ under: { old: 9, new: 0 } });
  });

  it('and back again gives the plaintexts that there were', async () => {
    const store = tableOf(9);
    await rotateTable(store);
    await rotateTable(store, { ring: ringBack });
    expect(contents(store)).toEqual(under('old', 1, 9));
  });

  it.each(['old', 'new'] as const)('to the %s key writes nothing if every row is under it', async (target) => {
    const store = tableOf(9, target);
    const { ending, before, after, phases } = await rotateTable(store, { ring: target === 'new' ? ring : ringBack });
    expect(ending).toEqual({ kind: 'nothing-to-do' });
    expect(store.swapped).toEqual([]);
    expect(after).toEqual(before);
    expect(after?.under[target]).toBe(9);
    expect(phases.map(({ name }) => name)).toEqual(['preflight']);
  });

  it('has nothing to do on an empty table', async () => {
    const { ending, after } = await rotateTable(tableOf(0));
    expect(ending).toEqual({ kind: 'nothing-to-do' });
    expect(after?.rows).toBe(0);
  });

  it.each([1, 5, 9])('writes nothing if neither key can decrypt row %i of 9', async (bad) => {
    const store = tableOf(9);
    store.put(strangeRow(bad));
    const { ending, before, after, phases } = await rotateTable(store);
    expect(ending).toEqual({ kind: 'unreadable-rows' });
    expect(store.swapped).toEqual([]);
    expect(before?.unreadableRows).toEqual([{ id: idOf(bad), why: { kind: 'not-authentic' } }]);
    expect(after).toBeNull();
    expect(phases).toHaveLength(1);
  });

  it('writes nothing if both keys are wrong', async () => {
    const store = tableOf(0);
    store.put(strangeRow(1), strangeRow(2));
    expect((await rotateTable(store)).ending).toEqual({ kind: 'unreadable-rows' });
    expect(store.swapped).toEqual([]);
  });

  it('rotates all the others if unreadable rows are skipped, and says that some are left', async () => {
    const store = tableOf(9);
    store.put(strangeRow(5));
    const { ending, after, before } = await rotateTable(store, { skipUnreadable: true });
    expect(ending).toEqual({ kind: 'rotated-except-unreadable' });
    expect(contents(store)).toEqual([...under('new', 1, 4), 'unreadable', ...under('new', 6, 9)]);
    expect(after).toMatchObject({ under: { old: 0, new: 8 }, unreadable: 1 });
    expect(after?.digest).toBe(before?.digest);
  });

  it('says that unreadable rows are left even if it has nothing to write', async () => {
    const store = tableOf(9, 'new');
    store.put(strangeRow(5));
    const { ending, before, after } = await rotateTable(store, { skipUnreadable: true });
    expect(ending).toEqual({ kind: 'rotated-except-unreadable' });
    expect(after).toEqual(before);
    expect(store.swapped).toEqual([]);
  });

  it('names the row that the application damaged after the preflight, and stops there', async () => {
    const store = tableOf(9);
    store.before = (call, nth) => {
      if (call.method === 'swap' && nth === 5) store.put(strangeRow(5));
    };
    const { ending, tally, before, after } = await rotateTable(store);
    expect(ending).toEqual({
      kind: 'row-failed',
      field: FIELD,
      id: idOf(5),
      why: { kind: 'not-authentic' },
      others: [],
      beyond: [],
    });
    expect(contents(store)).toEqual([...under('new', 1, 4), 'unreadable', ...under('old', 6, 9)]);
    expect(tally.rotated).toBe(4);
    expect(before?.rows).toBe(9);
    expect(after).toBeNull();
  });
});

describe('a dry run', () => {
  it.each(['new', 'old'] as const)('to the %s key writes nothing and says what is there', async (target) => {
    const store = tableOf(9);
    store.put(row(4, 'new'));
    const rows = store.table;
    const { ending, before, after } = await rotateTable(store, { dryRun: true, ring: target === 'new' ? ring : ringBack });
    expect(ending).toEqual({ kind: 'rehearsed' });
    expect(before).toMatchObject({ under: { old: 8, new: 1 } });
    expect(after).toBeNull();
    expect(store.table).toEqual(rows);
    expect(store.calls.map(({ method }) => method).filter((method) => method === 'swap' || method === 'readRows')).toEqual([]);
  });

  it('finds nothing to do if a run would', async () => {
    expect((await rotateTable(tableOf(9, 'new'), { dryRun: true })).ending).toEqual({ kind: 'nothing-to-do' });
  });

  it.each([true, false])('finds unreadable rows, even if a run would skip them: %s', async (skipUnreadable) => {
    for (const name of ['old', 'new'] as const) {
      const store = tableOf(3, name);
      store.put(strangeRow(2));
      expect((await rotateTable(store, { dryRun: true, skipUnreadable })).ending).toEqual({ kind: 'unreadable-rows' });
      expect(store.swapped).toEqual([]);
    }
  });
});

describe('what is counted', () => {
  it('is the last full pass, with the tally as it was then', async () => {
    const store = tableOf(4);
    const stop = new AbortController();
    store.after = (call, nth) => {
      if (call.method === 'swap' && nth === 3) stop.abort(new Error('stop'));
    };
    const options = { fields: [fieldOf(store)], ring, dryRun: false, skipUnreadable: false, batchRows: 1, connections: 1 };
    const run = {
      ...options,
      signal: stop.signal,
      observer: silentObserver(),
      beforeFirstWrite: async () => {},
      pace: atOnce,
      beforeWrite: async () => {},
    };
    const { ending } = await rotate(run);
    const none = { rotated: 0, conflicts: 0, gone: 0, alreadyRotated: 0, named: 0 };
    const [reached] = ending.kind === 'stopped' ? ending.reached : [];
    if (reached === undefined) return expect.fail(ending.kind);
    const { before, last, tallyThen, tally } = reached;
    expect(last).toBe(before);
    expect(tallyThen).toEqual(none);
    expect(tally).toEqual({ ...none, rotated: 3 });
  });

  it('is the previous verification if a later round is stopped', async () => {
    const store = tableOf(3);
    const stop = new AbortController();
    store.after = ({ method }, nth) => {
      if (method === 'swap' && nth === 3) store.put(row(1, 'old'));
      if (method === 'swap' && nth === 4) stop.abort(new Error('stop'));
    };
    const options = { fields: [fieldOf(store)], ring, dryRun: false, skipUnreadable: false, batchRows: 1, connections: 1 };
    const { ending } = await rotate({
      ...options,
      ...{
        signal: stop.signal,
        observer: silentObserver(),
        beforeFirstWrite: async () => {},
        pace: atOnce,
        beforeWrite: async () => {},
      },
    });
    const [reached] = ending.kind === 'stopped' ? ending.reached : [];
    if (reached === undefined) return expect.fail(ending.kind);
    expect(reached).toMatchObject({ tallyThen: { rotated: 3 }, tally: { rotated: 4 } });
    expect(countUnder(reached.last, [keys.old])).toBe(1);
  });
});

describe('what a run reports', () => {
  it('is each phase with the rows to expect, its progress, its end and its census, and each row', async () => {
    const store = tableOf(2);
    store.put(strangeRow(3), row(4, 'new'));
    const told: string[] = [];
    const observer: Observer = {
      onPhase: (name, _field, expected) => told.push(`${name} of ${expected}`),
      onProgress: (rows) => told.push(`at ${rows}`),
      onPhaseEnd: () => told.push('end'),
      onCensus: (phase, _field, census) =>
        told.push(`${phase}: ${countUnder(census, [keys.old])} old, ${countUnder(census, [keys.new])} new`),
      onRow: (_field, id, outcome) => told.push(`${id} ${outcome}`),
      onUnreadable: (_field, { id, why }) => told.push(`${id} ${why.kind}`),
    };
    await rotateTable(store, { observer, skipUnreadable: true, batchRows: 9 });
    expect(told).toEqual([
      ...['preflight of 4', `${idOf(3)} not-authentic`, 'at 4', 'end', 'preflight: 2 old, 1 new'],
      ...['rotate of 2', `${idOf(1)} rotated`, `${idOf(2)} rotated`, 'at 2', 'end'],
      ...['verify of 4', `${idOf(3)} not-authentic`, 'at 4', 'end', 'verify: 0 old, 3 new'],
    ]);
  });

  it('shows no key, no plaintext and no ciphertext, however it ended', async () => {
    const store = tableOf(3);
    store.put({ ...row(2), tag: 'not hex' });
    const results = [await rotateTable(store), await rotateTable(store, { skipUnreadable: true })];
    store.before = () => {
      throw new Error('cut');
    };
    results.push(await rotateTable(store, { observer: silentObserver() }));
    const shown = inspect(results, { depth: null, showHidden: true });
    for (const secret of [hex.old, hex.new, plaintextOf(1), String(store.table[0]?.content), 'not hex at']) {
      expect(shown).not.toContain(secret);
    }
  });
});
