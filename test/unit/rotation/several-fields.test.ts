import { describe, expect, it } from 'vitest';
import { atOnce } from '../../../src/rotation/pace.ts';
import { type FieldSwaps, restore } from '../../../src/rotation/restore.ts';
import { type RotateOptions, rotate } from '../../../src/rotation/rotate.ts';
import { verify } from '../../../src/rotation/verify.ts';
import type { MemoryStore } from '../../support/model/memory-store.ts';
import { contents, idOf, keys, layout, ring, row, silentObserver, strangeRow, tableOf, under } from './table.ts';

function options(access: MemoryStore, refresh: MemoryStore, change: Partial<RotateOptions> = {}): RotateOptions {
  return {
    fields: [
      { name: 'Account.access', store: access, layout },
      { name: 'Account.refresh', store: refresh, layout },
    ],
    ...{ ring, dryRun: false, skipUnreadable: false, batchRows: 2, connections: 1 },
    beforeFirstWrite: async () => {},
    pace: atOnce,
    beforeWrite: async () => {},
    signal: new AbortController().signal,
    observer: silentObserver(),
    ...change,
  };
}

describe('several fields', () => {
  it('are all counted before the first write to any, and all verified after the last', async () => {
    const [access, refresh] = [tableOf(3), tableOf(5)];
    const order: string[] = [];
    access.before = ({ method }) => order.push(`access ${method}`);
    refresh.before = ({ method }) => order.push(`refresh ${method}`);
    const written: string[] = [];
    const beforeWrite: RotateOptions['beforeWrite'] = async (field, swaps) =>
      void written.push(...swaps.map(({ id }) => `${field} ${id}`));
    const { ending, phases } = await rotate(options(access, refresh, { beforeWrite }));
    expect(ending).toMatchObject({
      kind: 'rotated',
      fields: [
        { field: 'Account.access', before: { rows: 3 }, after: { rows: 3 }, tally: { rotated: 3 } },
        { field: 'Account.refresh', before: { rows: 5 }, after: { rows: 5 }, tally: { rotated: 5 } },
      ],
    });
    expect([contents(access), contents(refresh)]).toEqual([under('new', 1, 3), under('new', 1, 5)]);
    const swaps = order.flatMap((call, index) => (call.endsWith(' swap') ? [index] : []));
    const scans = order.flatMap((call, index) => (call.endsWith(' scan') ? [index] : []));
    expect(scans).toHaveLength(4);
    expect(scans.filter((index) => index < Math.min(...swaps))).toHaveLength(2);
    expect(scans.filter((index) => index > Math.max(...swaps))).toHaveLength(2);
    expect(written).toHaveLength(8);
    expect(phases.map(({ name, field, rows }) => `${name} ${field} ${rows}`)).toEqual([
      'preflight Account.access 3',
      'preflight Account.refresh 5',
      'rotate Account.access 3',
      'rotate Account.refresh 5',
      'verify Account.access 3',
      'verify Account.refresh 5',
    ]);
  });

  it('are none of them written if one has a row that no key decrypts', async () => {
    const [access, refresh] = [tableOf(3), tableOf(2)];
    refresh.put(strangeRow(3));
    const { ending } = await rotate(options(access, refresh));
    expect(ending).toMatchObject({
      kind: 'unreadable-rows',
      fields: [{ census: { unreadable: 0 } }, { field: 'Account.refresh', census: { unreadable: 1 } }],
    });
    expect([...access.swapped, ...refresh.swapped]).toEqual([]);
    expect((await rotate(options(access, refresh, { skipUnreadable: true }))).ending.kind).toBe('rotated-except-unreadable');
  });

  it('stop with the first row that fails, which is named with its field', async () => {
    const [access, refresh] = [tableOf(3), tableOf(3)];
    access.after = ({ method }) => {
      if (method === 'swap') refresh.put(strangeRow(2));
    };
    const { ending } = await rotate(options(access, refresh, { batchRows: 1 }));
    expect(ending).toMatchObject({
      ...{ kind: 'row-failed', field: 'Account.refresh', id: idOf(2) },
      reached: [{ tally: { rotated: 3 } }, { field: 'Account.refresh', tally: { rotated: 1 } }],
    });
    expect(contents(refresh)).toEqual([...under('new', 1, 1), 'unreadable', ...under('old', 3, 3)]);
  });

  it('go round again, and are all verified again, if one has rows under the old key after the first pass', async () => {
    const [access, refresh] = [tableOf(3), tableOf(3)];
    refresh.before = ({ method }, nth) => {
      if (method === 'scan' && nth === 2) refresh.put(row(9, 'old', 'late'));
    };
    const { ending, phases } = await rotate(options(access, refresh));
    expect(ending).toMatchObject({ kind: 'rotated', fields: [{ late: 0 }, { late: 1, after: { rows: 4 } }] });
    expect(phases.filter(({ name }) => name === 'verify')).toHaveLength(4);
    expect(phases.filter(({ name, field }) => name === 'rotate' && field === 'Account.access')).toHaveLength(1);
  });

  it('are doubted by name: the one that keeps its rows, not one that has none left', async () => {
    const [access, refresh] = [tableOf(3), tableOf(3)];
    refresh.before = ({ method }, nth) => {
      if (method === 'scan' && nth > 1) refresh.put(row(1, 'old', `written ${nth}`));
    };
    expect((await rotate(options(access, refresh))).ending).toMatchObject({
      ...{ kind: 'not-verified', field: 'Account.refresh', doubt: { kind: 'reverted', count: 1, ids: [idOf(1)] } },
    });
  });

  it('are doubted by name: one that gets its first row in the last round', async () => {
    const [access, refresh] = [tableOf(3), tableOf(3)];
    access.before = ({ method }, nth) => {
      if (method === 'scan' && nth === 4) access.put(row(9, 'old', 'late'));
    };
    refresh.before = ({ method }, nth) => {
      if (method === 'scan' && nth > 1 && nth < 4) refresh.put(row(1, 'old', `written ${nth}`));
    };
    expect((await rotate(options(access, refresh))).ending).toMatchObject({
      ...{ kind: 'not-verified', field: 'Account.access', doubt: { kind: 'written-meanwhile', count: 1 } },
    });
  });

  it.each<[title: string, late: (round: number) => [access: number, refresh: number], rounds: number, left: number]>([
    ['go on as long as fewer are left of all together', (round) => (round < 6 ? [round, 2 * (6 - round)] : [0, 0]), 6, 0],
    ['give up in the third round if no fewer are left of all together', (round) => [round, 9 - round], 3, 9],
    ['give up in a later one', (round) => [Math.min(round, 2), Math.max(0, 4 - round)], 5, 2],
  ])('%s', async (_title, late, rounds, left) => {
    const [access, refresh] = [tableOf(20), tableOf(20)];
    const write = (store: MemoryStore, of: 0 | 1) => {
      store.before = ({ method }, nth) => {
        if (method !== 'scan' || nth === 1) return;
        for (let number = 1; number <= (late(nth - 1)[of] ?? 0); number += 1) store.put(row(number, 'old', `round ${nth}`));
      };
    };
    write(access, 0);
    write(refresh, 1);
    const { ending, phases } = await rotate(options(access, refresh));
    expect(ending.kind).toBe(left === 0 ? 'rotated' : 'not-verified');
    expect(phases.filter(({ name }) => name === 'verify')).toHaveLength(2 * rounds);
    expect([...contents(access), ...contents(refresh)].filter((content) => content.startsWith('old'))).toHaveLength(left);
  });

  it('are doubted by name, also if there was nothing to write', async () => {
    const [access, refresh] = [tableOf(3, 'new'), tableOf(3, 'new')];
    refresh.uncommitted = ['pid 1'];
    expect((await rotate(options(access, refresh))).ending).toMatchObject({
      ...{ kind: 'not-verified', field: 'Account.refresh', doubt: { kind: 'uncommitted', transactions: ['pid 1'] } },
    });
  });

  it('are verified only if the target key decrypts every value of all', async () => {
    const [access, refresh] = [tableOf(2, 'new'), tableOf(2, 'new')];
    const { fields, signal, observer } = options(access, refresh);
    expect((await verify({ fields, signal, observer, ring: { target: keys.new, sources: [] } })).ending.kind).toBe('verified');
    refresh.put(row(1, 'old'));
    const { ending } = await verify({ fields, signal, observer, ring: { target: keys.new, sources: [] } });
    expect(ending).toMatchObject({
      kind: 'not-verified',
      fields: [{ census: { unreadable: 0 } }, { field: 'Account.refresh', census: { unreadable: 1 } }],
    });
  });
});

describe('a row whose columns are all null', () => {
  it('has no value: it is counted, and nothing else', async () => {
    const store = tableOf(2);
    store.put({ id: idOf(3), iv: null, content: null, tag: null });
    const { ending } = await rotate({ ...options(store, store), fields: [{ name: 'UserApiKey', store, layout }] });
    expect(ending).toMatchObject({
      kind: 'rotated',
      fields: [
        { before: { rows: 3, withoutValue: 1, unreadable: 0 }, after: { rows: 3, withoutValue: 1 }, tally: { rotated: 2 } },
      ],
    });
    expect(store.rows.get(idOf(3))).toEqual({ id: idOf(3), iv: null, content: null, tag: null });
  });

  it('counts as gone if the application took the value away in the meantime', async () => {
    const store = tableOf(3);
    store.before = ({ method }, nth) => {
      if (method === 'swap' && nth === 1) store.put({ id: idOf(2), iv: null, content: null, tag: null });
    };
    const { ending } = await rotate({ ...options(store, store), fields: [{ name: 'UserApiKey', store, layout }] });
    expect(ending).toMatchObject({ kind: 'rotated', fields: [{ tally: { rotated: 2, conflicts: 1, gone: 1 } }] });
  });

  it('does not count among those of which half have gone', async () => {
    const store = tableOf(4);
    for (const number of [5, 6]) store.put({ id: idOf(number), iv: null, content: null, tag: null });
    store.before = ({ method }, nth) => {
      if (method === 'scan' && nth === 2) for (const number of [1, 2]) store.rows.delete(idOf(number));
    };
    const { ending } = await rotate({ ...options(store, store), fields: [{ name: 'UserApiKey', store, layout }] });
    expect(ending).toMatchObject({ kind: 'not-verified', doubt: { kind: 'rows-gone', went: 2 } });
  });

  it('is no reason to call a table done from which half of the values have gone', async () => {
    const store = tableOf(4);
    store.before = ({ method }, nth) => {
      if (method !== 'scan' || nth !== 2) return;
      for (const number of [1, 2]) store.put({ id: idOf(number), iv: null, content: null, tag: null });
    };
    const { ending } = await rotate({ ...options(store, store), fields: [{ name: 'UserApiKey', store, layout }] });
    expect(ending).toMatchObject({ kind: 'not-verified', doubt: { kind: 'rows-gone', went: 2 } });
  });
});

describe('several fields of which only one', () => {
  it('is under the old key: that one is written, and both are verified', async () => {
    const [access, refresh] = [tableOf(2, 'new'), tableOf(2)];
    const { ending } = await rotate(options(access, refresh));
    expect(ending).toMatchObject({ kind: 'rotated', fields: [{ tally: { rotated: 0 } }, { tally: { rotated: 2 } }] });
    expect((await rotate(options(tableOf(2), tableOf(2, 'new'), { dryRun: true }))).ending.kind).toBe('rehearsed');
  });

  it('has a row that is skipped, and none anything to write: that is not "nothing to do"', async () => {
    const [access, refresh] = [tableOf(2, 'new'), tableOf(2, 'new')];
    refresh.put(strangeRow(3));
    const { ending } = await rotate(options(access, refresh, { skipUnreadable: true }));
    expect(ending).toMatchObject({ kind: 'rotated-except-unreadable', fields: [{}, { after: { unreadable: 1 } }] });
  });

  it('has rows that are not under the new key, and an open transaction as well: they do not cancel out', async () => {
    const [access, refresh] = [tableOf(1, 'new'), tableOf(2, 'new')];
    refresh.put(row(1, 'old'));
    refresh.uncommitted = ['pid 1'];
    const { fields, signal, observer } = options(access, refresh);
    expect((await verify({ fields, signal, observer, ring: { target: keys.new, sources: [] } })).ending.kind).toBe(
      'not-verified',
    );
  });
});

describe('the disk', () => {
  const waits = (store: MemoryStore) => store.calls.filter(({ method }) => method === 'waitForDisk').length;

  it.each([
    [false, 1],
    [true, 0],
  ])('is waited for also if there is nothing to do, unless nothing is written (dry run: %j)', async (dryRun, times) => {
    const [access, refresh] = [tableOf(2, 'new'), tableOf(2, 'new')];
    expect((await rotate(options(access, refresh, { dryRun }))).ending.kind).toBe('nothing-to-do');
    expect(waits(access) + waits(refresh)).toBe(times);
  });

  it.each([
    [false, 1],
    [true, 0],
  ])('is waited for after a restore (dry run: %j)', async (dryRun, times) => {
    const store = tableOf(2);
    const { fields, signal, observer } = options(store, tableOf(1));
    async function* readSwaps() {}
    await restore({ fields, signal, observer, readSwaps, swaps: 0, dryRun });
    expect(waits(store)).toBe(times);
  });
});

describe('restoring several fields', () => {
  it('puts each value back into its own field, and settles what is there more than once per field', async () => {
    const [access, refresh] = [tableOf(2), tableOf(2)];
    const before = [access.table, refresh.table];
    const taken: FieldSwaps[] = [];
    const beforeWrite: RotateOptions['beforeWrite'] = async (field, swaps) => void taken.push({ field, swaps: [...swaps] });
    // The second row of the second field changes during the run: the backup has it twice.
    refresh.before = ({ method }, nth) => {
      if (method === 'swap' && nth === 1) refresh.put(row(2, 'old', 'changed'));
    };
    const run = options(access, refresh, { beforeWrite });
    expect((await rotate(run)).ending.kind).toBe('rotated');
    refresh.before = () => {};

    const { fields, signal, observer } = run;
    const readSwaps = async function* () {
      yield* taken;
    };
    const { ending } = await restore({ fields, signal, observer, readSwaps, swaps: 5, dryRun: false });
    expect(ending).toMatchObject({
      kind: 'restored',
      reached: [
        { field: 'Account.access', restored: 2, changed: new Set() },
        { field: 'Account.refresh', restored: 2, changed: new Set() },
      ],
    });
    expect(access.table).toEqual(before[0]);
    expect(contents(refresh)).toEqual(['old: plaintext of row-00001', 'old: changed']);
  });

  it('is a bug if the backup has a field that the run does not have', async () => {
    const { fields, signal, observer } = options(tableOf(1), tableOf(1));
    const readSwaps = async function* () {
      yield { field: 'Account.other', swaps: [] };
    };
    const { ending } = await restore({ fields, signal, observer, readSwaps, swaps: 1, dryRun: false });
    expect(ending).toMatchObject({
      kind: 'stopped',
      cause: new Error('the backup has a field that was not announced: Account.other'),
    });
  });
});
