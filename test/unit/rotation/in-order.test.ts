import process from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';
import { inOrder } from '../../../src/rotation/in-order.ts';

const unhandled: unknown[] = [];
const remember = (error: unknown) => unhandled.push(error);
afterEach(() => {
  process.off('unhandledRejection', remember);
});

async function* numbers(upTo: number, failAt = Number.POSITIVE_INFINITY) {
  for (let number = 1; number <= upTo; number += 1) {
    if (number === failAt) throw new Error(`cannot read ${number}`);
    yield number;
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('work in order', () => {
  it.each([1, 2, 5])(
    'on %i items at once gives the results in the order of the items, whichever is ready first',
    async (atOnce) => {
      let working = 0;
      let most = 0;
      const slow = async (number: number) => {
        working += 1;
        most = Math.max(most, working);
        for (let turns = number % 3; turns >= 0; turns -= 1) await turn();
        working -= 1;
        return number * 10;
      };
      const results: number[] = [];
      for await (const result of inOrder(numbers(20), atOnce, slow)) {
        results.push(result);
        await turn();
      }
      expect(results).toEqual(Array.from({ length: 20 }, (_, index) => (index + 1) * 10));
      expect(most).toBeLessThanOrEqual(atOnce);
    },
  );

  it('fails in its turn, with what the reading or the work throws, after the results before it', async () => {
    const results: number[] = [];
    const all = async (items: AsyncIterable<number>, work: (number: number) => Promise<number>) => {
      for await (const result of inOrder(items, 3, work)) results.push(result);
    };
    await expect(all(numbers(9, 4), async (number) => number)).rejects.toThrow('cannot read 4');
    expect(results).toEqual([1, 2, 3]);
    const picky = async (number: number) => {
      if (number === 2) throw new Error('cannot work on 2');
      return number;
    };
    await expect(all(numbers(9), picky)).rejects.toThrow('cannot work on 2');
    expect(results).toEqual([1, 2, 3, 1]);
  });

  it('that the caller leaves early ends the reading, and no failure behind it ends the process', async () => {
    process.on('unhandledRejection', remember);
    let ended = 0;
    async function* failing() {
      try {
        yield* numbers(9, 3);
      } finally {
        ended += 1;
      }
    }
    for await (const _ of inOrder(failing(), 4, async (number) => number)) break;
    async function* failingAtItsEnd() {
      try {
        yield* numbers(9);
      } finally {
        ended += 1;
        await Promise.reject(new Error('cannot close'));
      }
    }
    for await (const _ of inOrder(failingAtItsEnd(), 1, async (number) => number)) break;
    for (let turns = 0; turns < 5; turns += 1) await turn();
    expect(ended).toBe(2);
    expect(unhandled).toEqual([]);
  });
});
