import { describe, expect, it } from 'vitest';
import { RowFailed } from '../../../src/rotation/row-failed.ts';
import type { Store } from '../../../src/rotation/store.ts';
import { WriteInDoubt } from '../../../src/rotation/write-swaps.ts';
import type { MemoryStore } from '../../support/model/memory-store.ts';
import { contents, FIELD, fieldOf, idOf, passOver, row, strangeRow, tableOf, under } from './table.ts';

/** A store whose writes come to their end only when the test lets them, in any order. */
function held(memory: MemoryStore): { readonly store: Store; readonly begun: string[][]; end: (id: string) => void } {
  const waiting = new Map<string, () => void>();
  const begun: string[][] = [];
  return {
    begun,
    end(id) {
      const go = waiting.get(id);
      if (go === undefined) throw new Error(`no write of ${id} is under way`);
      waiting.delete(id);
      go();
    },
    store: {
      scan: (signal, work) => memory.scan(signal, work),
      readPage: (after, limit) => memory.readPage(after, limit),
      readRows: (ids) => memory.readRows(ids),
      waitForDisk: () => memory.waitForDisk(),
      async swap(swaps) {
        const ids = swaps.map(({ id }) => id);
        begun.push(ids);
        await new Promise<void>((resolve) => waiting.set(ids[0] ?? '', resolve));
        return memory.swap(swaps);
      },
    },
  };
}

const turns = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const singles = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => [idOf(from + index)]);

describe('a pass over three connections', () => {
  it('has three writes under way, begins them in the order of the rows, and the next as soon as any has ended', async () => {
    const memory = tableOf(6);
    const { store, begun, end } = held(memory);
    const pass = passOver(memory, { field: fieldOf(store), connections: 3 });
    await turns();
    expect(begun).toEqual(singles(1, 3));
    end(idOf(2));
    await turns();
    expect(begun).toEqual(singles(1, 4));
    for (const number of [4, 3, 1]) end(idOf(number));
    await turns();
    for (const number of [5, 6]) end(idOf(number));
    const { error, tally, progress } = await pass;
    expect([error, tally.rotated, progress]).toEqual([undefined, 6, [1, 2, 3, 4, 5, 6]]);
    expect(contents(memory)).toEqual(under('new', 1, 6));
  });

  it('says which later rows were written when one cannot be, begins no other, and waits for those under way', async () => {
    const memory = tableOf(9);
    const { store, begun, end } = held(memory);
    const pass = passOver(memory, { field: fieldOf(store), connections: 3 });
    await turns();
    end(idOf(1));
    await turns();
    end(idOf(3));
    await turns();
    memory.put(strangeRow(2));
    end(idOf(2));
    await turns();
    expect(begun).toEqual(singles(1, 5));
    for (const number of [5, 4]) end(idOf(number));
    const { error, tally } = await pass;
    expect(error).toEqual(new RowFailed(FIELD, idOf(2), { kind: 'not-authentic' }, { others: [], beyond: [3, 4, 5].map(idOf) }));
    expect(tally.rotated).toBe(4);
    expect(contents(memory)).toEqual([...under('new', 1, 1), 'unreadable', ...under('new', 3, 5), ...under('old', 6, 9)]);
  });

  it('tells of all writes in doubt at once, each with its cause, and of the rows beyond the first that were written', async () => {
    const memory = tableOf(9);
    const [cut, refused] = [new Error('cut'), new Error('refused')];
    const { store, end } = held(memory);
    memory.before = ({ method }, nth) => {
      if (method === 'swap' && nth === 3) throw refused;
    };
    memory.after = (call) => {
      if (call.method === 'swap' && call.swaps[0]?.id === idOf(1)) throw cut;
    };
    const pass = passOver(memory, { field: fieldOf(store), connections: 3 });
    await turns();
    end(idOf(1));
    await turns();
    for (const number of [3, 2]) end(idOf(number));
    const { error } = await pass;
    const found = { written: [idOf(1)], notWritten: [], unknown: [] };
    const other = { kind: 'write-in-doubt', found: { written: [], notWritten: [idOf(2)], unknown: [] }, cause: refused } as const;
    expect(error).toEqual(new WriteInDoubt(FIELD, cut, found, { others: [other], beyond: [idOf(3)] }));
    expect(contents(memory)).toEqual([
      ...under('new', 1, 1),
      'old: plaintext of row-00002',
      ...under('new', 3, 3),
      ...under('old', 4, 9),
    ]);
  });

  it('tells of a row that failed before a write in doubt', async () => {
    const memory = tableOf(9);
    const cut = new Error('cut');
    const { store, end } = held(memory);
    memory.before = (call) => {
      if (call.method === 'swap' && call.swaps[0]?.id === idOf(3)) throw cut;
    };
    const pass = passOver(memory, { field: fieldOf(store), connections: 3 });
    await turns();
    memory.put(strangeRow(1));
    end(idOf(1));
    await turns();
    for (const number of [2, 3]) end(idOf(number));
    const { error } = await pass;
    const found = { written: [], notWritten: [idOf(3)], unknown: [] };
    const other = { kind: 'row-failed', id: idOf(1), why: { kind: 'not-authentic' } } as const;
    expect(error).toEqual(new WriteInDoubt(FIELD, cut, found, { others: [other], beyond: [idOf(2)] }));
  });

  it('tells of what else failed beside a write', async () => {
    const memory = tableOf(9);
    const [cut, refused] = [new Error('cut'), new Error('refused')];
    const { store, end } = held(memory);
    memory.before = (call) => {
      if (call.method === 'swap' && call.swaps[0]?.id === idOf(1)) throw cut;
      if (call.method === 'readRows' && call.ids[0] === idOf(2)) throw refused;
    };
    const pass = passOver(memory, { field: fieldOf(store), connections: 3 });
    await turns();
    memory.put(row(2, 'old', 'changed'));
    end(idOf(1));
    await turns();
    for (const number of [2, 3]) end(idOf(number));
    const { error } = await pass;
    const found = { written: [], notWritten: [idOf(1)], unknown: [] };
    expect(error).toEqual(
      new WriteInDoubt(FIELD, cut, found, { others: [{ kind: 'other', cause: refused }], beyond: [idOf(3)] }),
    );
  });

  it('reads no further once a write has failed', async () => {
    const memory = tableOf(8000);
    for (let number = 701; number <= 8000; number += 1) memory.put(row(number, 'new'));
    memory.before = ({ method }) => {
      if (method === 'swap') throw new Error('cut');
    };
    const { error } = await passOver(memory, { connections: 3 });
    expect(error).toBeInstanceOf(WriteInDoubt);
    expect(memory.calls.filter(({ method }) => method === 'readPage').length).toBeLessThan(5);
  });

  it('does not go on for ever behind a write that does not end', async () => {
    const memory = tableOf(400);
    const { store, begun, end } = held(memory);
    const pass = passOver(memory, { field: fieldOf(store), connections: 3 });
    for (let last = 0; last < begun.length || last === 0; ) {
      await turns();
      const others = begun.slice(last).flat();
      last = begun.length;
      for (const id of others) if (id !== idOf(1)) end(id);
      await turns();
    }
    expect(begun.length).toBe(48);
    memory.put(row(400, 'new'));
    end(idOf(1));
    for (let last = 48; contents(memory).some((content) => content.startsWith('old')); last = begun.length) {
      await turns();
      for (const id of begun.slice(last).flat()) end(id);
    }
    expect((await pass).error).toBeUndefined();
  });
});
