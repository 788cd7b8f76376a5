import { expect, it } from 'vitest';
import { unlessAborted } from '../../../src/rotation/unless-aborted.ts';

it('reads nothing once the signal is aborted', async () => {
  const reason = new Error('stop');
  let reads = 0;
  const read = async () => {
    reads += 1;
  };
  await expect(unlessAborted(AbortSignal.abort(reason), read)).rejects.toBe(reason);
  expect(reads).toBe(0);
});
