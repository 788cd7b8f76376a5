import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { MOST_BYTES } from '../../../src/config/small-file.ts';
import { readStandardInput } from '../../../src/config/standard-input.ts';

const uninterrupted = new AbortController().signal;

describe('what comes on stdin', () => {
  it('is read to its end, in whatever pieces it comes, up to a limit', async () => {
    for (const [bytes, expected] of [
      [0, { bytes: Buffer.alloc(0) }],
      [MOST_BYTES, { bytes: Buffer.alloc(MOST_BYTES, 'x') }],
      [MOST_BYTES + 1, { reason: 'holds more than 65536 bytes' }],
    ] as const) {
      const stdin = new PassThrough();
      for (const half of [Math.floor(bytes / 2), Math.ceil(bytes / 2)]) stdin.write(Buffer.alloc(half, 'x'));
      stdin.end();
      expect(await readStandardInput(stdin, 60_000, uninterrupted)).toEqual(expected);
    }
  });

  it('is not waited for longer than the limit, nor after an interruption', async () => {
    const never = new PassThrough();
    expect(await readStandardInput(never, 1, uninterrupted)).toEqual({ reason: 'did not end within 0.001 s' });
    expect(never.destroyed).toBe(true);
    const reason = new Error('stopped');
    await expect(readStandardInput(new PassThrough(), 60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
