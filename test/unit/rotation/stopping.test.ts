import { describe, expect, it } from 'vitest';
import { verify } from '../../../src/rotation/verify.ts';
import type { MemoryStore } from '../../support/model/memory-store.ts';
import { contents, fieldOf, keys, rotateTable, silentObserver, tableOf, under } from './table.ts';

const REASON = new Error('stop');
const ROWS = 6;

/** Calls `step` at the n-th moment of a run: each call of the store has one before and one after. */
function atMoment(store: MemoryStore, moment: number, step: () => void): void {
  let moments = 0;
  const count = () => {
    moments += 1;
    if (moments === moment) step();
  };
  store.before = count;
  store.after = count;
}

/** The number of points at which an undisturbed run can be stopped. */
async function momentsOf(batchRows: number): Promise<number> {
  const store = tableOf(ROWS);
  await rotateTable(store, { batchRows });
  return store.calls.length * 2;
}

/** The rotated rows are the first ones, and as many as the run says. */
function expectFirstRotated(store: MemoryStore, rotated: number): void {
  expect(contents(store)).toEqual([...under('new', 1, rotated), ...under('old', rotated + 1, ROWS)]);
}

describe.each([1, 4])('a run stopped at any moment, in batches of %i', (batchRows) => {
  it('by the signal writes nothing after the current write, counts what it wrote, and is finished by running again', async () => {
    const moments = await momentsOf(batchRows);
    expect(moments).toBeGreaterThan(16);
    for (let moment = 1; moment <= moments; moment += 1) {
      const store = tableOf(ROWS);
      const abort = new AbortController();
      let swapsBefore = 0;
      atMoment(store, moment, () => {
        swapsBefore = store.swapped.length;
        abort.abort(REASON);
      });
      const { ending, tally, after } = await rotateTable(store, { batchRows, signal: abort.signal });
      expect(ending).toMatchObject({ kind: 'stopped', cause: REASON });
      expect(after).toBeNull();
      expect(store.swapped).toHaveLength(swapsBefore);
      expectFirstRotated(store, tally.rotated);

      store.before = () => {};
      store.after = () => {};
      const again = await rotateTable(store, { batchRows });
      expect(['rotated', 'nothing-to-do']).toContain(again.ending.kind);
      expect(tally.rotated + again.tally.rotated).toBe(ROWS);
      expect(contents(store)).toEqual(under('new', 1, ROWS));
    }
  });

  it('by an error of the database never loses or half-writes a row, and is finished by running again', async () => {
    const moments = await momentsOf(batchRows);
    const endings = new Set<string>();
    for (let moment = 1; moment <= moments; moment += 1) {
      const store = tableOf(ROWS);
      atMoment(store, moment, () => {
        throw REASON;
      });
      const { ending, tally } = await rotateTable(store, { batchRows });
      expect(ending).toMatchObject({ cause: REASON });
      endings.add(ending.kind);
      expectFirstRotated(store, tally.rotated);

      store.before = () => {};
      store.after = () => {};
      await rotateTable(store, { batchRows });
      expect(contents(store)).toEqual(under('new', 1, ROWS));
    }
    expect([...endings]).toEqual(
      ['stopped', 'write-in-doubt', 'stopped'].filter((kind, index, all) => all.indexOf(kind) === index),
    );
  });
});

describe('a run that stopped', () => {
  it('reads nothing if it was aborted before it began', async () => {
    const store = tableOf(3);
    const { ending, before, phases } = await rotateTable(store, { signal: AbortSignal.abort(REASON) });
    expect(ending).toEqual({ kind: 'stopped', phase: null, cause: REASON });
    expect(before).toBeNull();
    expect(phases).toEqual([]);
    expect(store.calls).toEqual([]);
  });

  it.each(['waitForDisk', 'readPage'] as const)('does not wait for a reading that never ends (%s)', async (method) => {
    const store = tableOf(3);
    const abort = new AbortController();
    const never = <T>(): Promise<T> => {
      setImmediate(() => abort.abort(REASON));
      return new Promise(() => {});
    };
    Object.assign(store, { [method]: never });
    const { ending, after } = await rotateTable(store, { signal: abort.signal });
    expect(ending).toMatchObject({ kind: 'stopped', cause: REASON });
    expect(after).toBeNull();
  });

  it.each([true, false])('tries to put on the disk what was written before it stopped (and does: %s)', async (succeeds) => {
    const store = tableOf(3);
    const abort = new AbortController();
    store.before = ({ method }) => {
      if (method === 'swap') abort.abort(REASON);
      if (method === 'waitForDisk' && !succeeds) throw new Error('cut');
    };
    const { ending, tally, onDisk } = await rotateTable(store, { signal: abort.signal });
    expect(ending).toEqual({ kind: 'stopped', phase: 'rotate', cause: REASON });
    expect([tally.rotated, onDisk]).toEqual([1, succeeds ? 'flushed' : 'unknown']);
    expect(store.calls.at(-1)?.method).toBe('waitForDisk');
  });

  it('waits for no disk if it stopped before it wrote', async () => {
    const store = tableOf(3);
    const abort = new AbortController();
    store.before = ({ method }) => {
      if (method === 'readPage') abort.abort(REASON);
    };
    await rotateTable(store, { signal: abort.signal });
    expect(store.calls.map(({ method }) => method)).not.toContain('waitForDisk');
  });

  it('names no phase if it could not even count the rows', async () => {
    const store = tableOf(3);
    store.before = () => {
      throw REASON;
    };
    expect((await rotateTable(store)).ending).toEqual({ kind: 'stopped', phase: null, cause: REASON });
  });

  it.each(['rotate', 'verify'] as const)('in the phase %s says so, and ends that phase', async (phase) => {
    const store = tableOf(3);
    const ends: string[] = [];
    const abort = new AbortController();
    const observer = {
      ...silentObserver(),
      onPhase: (name: string) => {
        if (name === phase) abort.abort(REASON);
      },
      onPhaseEnd: () => ends.push('end'),
    };
    const { ending, phases, before } = await rotateTable(store, { observer, signal: abort.signal });
    expect(ending).toEqual({ kind: 'stopped', phase, cause: REASON });
    expect(phases.at(-1)?.name).toBe(phase);
    expect(ends).toHaveLength(phases.length);
    expect(before?.rows).toBe(3);
  });

  it('while it verified alone has no result', async () => {
    const store = tableOf(3, 'new');
    const abort = new AbortController();
    store.before = ({ method }) => {
      if (method === 'scanPage') abort.abort(REASON);
    };
    const fields = [fieldOf(store)];
    const options = { fields, observer: silentObserver(), signal: abort.signal, ring: { target: keys.new, sources: [] } };
    expect((await verify(options)).ending).toEqual({ kind: 'stopped', phase: 'verify', cause: REASON, reached: null });
  });
});
