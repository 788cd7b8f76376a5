import { describe, expect, it } from 'vitest';
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
    ...{ ring, dryRun: false, skipUnreadable: false, batchRows: 2 },
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
    expect((await verify({ fields, signal, observer, target: keys.new })).ending.kind).toBe('verified');
    refresh.put(row(1, 'old'));
    const { ending } = await verify({ fields, signal, observer, target: keys.new });
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
