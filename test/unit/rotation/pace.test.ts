import { describe, expect, it } from 'vitest';
import { atOnce, type Clock, createPace } from '../../../src/rotation/pace.ts';
import { contents, passOver, row, tableOf, under } from './table.ts';

/** A clock that moves only by what is slept, and by what the test adds. */
function createClock(): Clock & { time: number; readonly slept: number[] } {
  const clock = {
    time: 1000,
    slept: [] as number[],
    now: () => clock.time,
    sleep: async (milliseconds: number) => {
      clock.slept.push(milliseconds);
      clock.time += milliseconds;
    },
  };
  return clock;
}

const never = new AbortController().signal;

describe('a pace', () => {
  it('gives those their own turn that wait for it at the same time', async () => {
    const slept: number[] = [];
    const sleep = async (milliseconds: number) => void slept.push(milliseconds);
    const pace = createPace(100, never, { now: () => 1000, sleep });
    await Promise.all([1, 2, 3, 4].map(() => pace(10)));
    expect(slept).toEqual([100, 200, 300]);
  });

  it('lets the first rows begin at once, and each batch after the time that the one before is worth', async () => {
    const clock = createClock();
    const pace = createPace(100, never, clock);
    const starts: number[] = [];
    for (const rows of [50, 100, 1, 1, 25]) {
      await pace(rows);
      starts.push(clock.time - 1000);
    }
    expect(starts).toEqual([0, 500, 1500, 1510, 1520]);
  });

  it('waits only for what the writing itself has not taken', async () => {
    const clock = createClock();
    const pace = createPace(100, never, clock);
    for (let batch = 0; batch < 3; batch += 1) {
      await pace(10);
      clock.time += 60;
    }
    expect(clock.slept).toEqual([40, 40]);
  });

  it('does not make up for a pause by a burst', async () => {
    const clock = createClock();
    const pace = createPace(100, never, clock);
    await pace(100);
    clock.time += 60_000;
    const start = clock.time;
    for (let batch = 0; batch < 5; batch += 1) await pace(100);
    expect(clock.time - start).toBeGreaterThanOrEqual(3990);
  });

  it('makes up for a timer that wakes a little late, so that rows keep their pace one by one', async () => {
    const clock = createClock();
    const sleep = async (milliseconds: number) => {
      clock.time += Math.ceil(milliseconds) + 1.2;
    };
    const pace = createPace(1000, never, { now: clock.now, sleep });
    for (let rows = 0; rows < 1000; rows += 1) await pace(1);
    expect(clock.time - 1000).toBeGreaterThan(990);
    expect(clock.time - 1000).toBeLessThan(1010);
  });

  it('ends its wait at once when it is aborted, with the reason', async () => {
    const abort = new AbortController();
    const pace = createPace(1, abort.signal);
    await pace(3600);
    const waiting = pace(1);
    abort.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    await expect(pace(1)).rejects.toThrow('stop');
  });

  it('is no pace at all if there is no limit', async () => {
    expect(await atOnce(1_000_000)).toBeUndefined();
  });
});

describe('a pass with a pace', () => {
  it('asks for each batch before it is written', async () => {
    const store = tableOf(5);
    const asked: string[] = [];
    const pace = async (rows: number) => void asked.push(`${rows} of ${store.swapped.length}`);
    expect((await passOver(store, { pace, batchRows: 2 })).error).toBeUndefined();
    expect(asked).toEqual(['2 of 0', '2 of 1', '1 of 2']);
    expect(contents(store)).toEqual(under('new', 1, 5));
  });

  it('asks for a row that is to be written again, before it is read', async () => {
    const store = tableOf(3);
    let changed = false;
    store.before = (call) => {
      if (call.method === 'swap' && !changed) store.put(row(2, 'old', 'written meanwhile'));
      changed ||= call.method === 'swap';
    };
    const pace = async (rows: number) => {
      if (rows === 1) store.put(row(2, 'old', 'written while it waited'));
    };
    const { error, tally } = await passOver(store, { pace, batchRows: 3 });
    expect(error).toBeUndefined();
    expect(tally).toEqual({ rotated: 3, conflicts: 1, gone: 0, alreadyRotated: 0, named: 0 });
    expect(contents(store)[1]).toBe('new: written while it waited');
  });

  it('does not write the batch that waits when the run is aborted', async () => {
    const store = tableOf(9);
    const abort = new AbortController();
    const wait = createPace(1, abort.signal);
    const pace = (rows: number) => {
      if (store.swapped.length === 1) setImmediate(() => abort.abort(new Error('stop')));
      return wait(rows);
    };
    const { error, tally } = await passOver(store, { pace, batchRows: 3, signal: abort.signal });
    expect(error).toEqual(new Error('stop'));
    expect(tally.rotated).toBe(3);
    expect(contents(store)).toEqual([...under('new', 1, 3), ...under('old', 4, 9)]);
  });
});
