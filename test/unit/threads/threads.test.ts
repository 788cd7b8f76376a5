import { createSecretKey, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import type { Row } from '../../../src/rotation/store.ts';
import { createValueWork } from '../../../src/rotation/value-work.ts';
import { Threads } from '../../../src/threads/threads.ts';
import type { ApplicationRow } from '../../support/application/application.ts';
import {
  contents,
  hex,
  idOf,
  keys,
  layout,
  openAs,
  passOver,
  plaintextOf,
  ring,
  ringBack,
  rotateTable,
  row,
  strangeRow,
  tableOf,
  under,
} from '../rotation/table.ts';

const threads = new Threads(2);
afterAll(() => threads.end());
const digestKey = createSecretKey(randomBytes(32));

function pageOf(rows: readonly ApplicationRow[]): Row[] {
  return rows.map(({ id, ...stored }) => ({ id, stored }));
}

describe('worker threads', () => {
  it.each([
    ['to the new key', ring],
    ['to the old key', ringBack],
  ])('find the same in a page as the main thread does: %s', async (_title, to) => {
    const empty: Row = { id: 'empty', stored: { iv: null, content: null, tag: null } };
    const page = [...pageOf([row(1), row(2, 'new'), strangeRow(3), { ...row(4), iv: 'zz' }]), empty];
    const options = { ring: to, layout, digestKey };
    const [here, there] = [createValueWork(options), threads.workOn(options)];
    expect(await there.survey(page)).toEqual(await here.survey(page));
    const kinds = async (plans: ReturnType<typeof here.plan>) => (await plans).map((plan) => ({ ...plan, after: typeof plan }));
    expect(await kinds(there.plan(page))).toEqual(await kinds(here.plan(page)));
  });

  it('rotate a table, in the order of its rows, and stop at the first row that cannot be read', async () => {
    const store = tableOf(1100);
    const work = threads.workOn({ ring, layout, digestKey });
    const { outcomes } = await passOver(store, { work });
    expect(outcomes).toEqual(store.table.map(({ id }) => `${id} rotated`));
    expect(contents(store)).toEqual(under('new', 1, 1100));

    const damaged = tableOf(1100);
    damaged.put(strangeRow(700));
    const { error } = await passOver(damaged, { work });
    expect(error).toMatchObject({ failure: { id: idOf(700), why: { kind: 'not-authentic' } } });
    expect(contents(damaged)).toEqual([...under('new', 1, 699), 'unreadable', ...under('old', 701, 1100)]);
  });

  it('are ended with the run that started them', async () => {
    const started: Threads[] = [];
    const workersFor = async () => {
      const these = new Threads(1);
      started.push(these);
      return these;
    };
    const store = tableOf(20);
    expect((await rotateTable(store, { workersFor })).ending).toEqual({ kind: 'rotated' });
    expect(store.table.every((stored) => openAs('new', stored) !== null)).toBe(true);
    expect(started).toHaveLength(1);
    await expect(started[0]?.workOn({ ring, layout, digestKey }).survey([])).rejects.toThrow('a worker thread ended with code 1');
  });

  it('take the run with them if one dies: it ends as with any bug, and every row is under exactly one key', async () => {
    const store = tableOf(2000);
    const these = new Threads(1);
    store.after = ({ method }, nth) => {
      if (method === 'swap' && nth === 3) void these.end();
    };
    const { ending } = await rotateTable(store, { workersFor: async () => these });
    expect(ending).toMatchObject({ kind: 'stopped', cause: new Error('a worker thread ended with code 1') });
    expect(contents(store).filter((content) => !/^(old|new): [^:]*$/u.test(content))).toEqual([]);
  });

  it('show neither a key nor a plaintext if one throws', async () => {
    const these = new Threads(1);
    const short = { fingerprint: keys.new.fingerprint, keyObject: createSecretKey(Buffer.from(hex.new, 'hex').subarray(0, 16)) };
    const work = these.workOn({ ring: { target: short, sources: [keys.old] }, layout, digestKey });
    const error = await work.plan(pageOf([row(1)])).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    const shown = inspect(error, { depth: 9, showHidden: true });
    for (const secret of [hex.new, hex.new.slice(0, 32), hex.old, plaintextOf(1)]) expect(shown).not.toContain(secret);
    await expect(work.survey([])).rejects.toBe(error);
    await these.end();
  });
});
