import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MOST_BYTES, readSmallFile } from '../../../src/config/small-file.ts';

let folder: string;
const at = (name: string) => path.join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'small-file-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** @returns how many files this process has open */
const open = () => readdirSync('/proc/self/fd').length;

describe('a small file', () => {
  it('is read whole, up to its limit', () => {
    for (const length of [0, 1, MOST_BYTES]) {
      writeFileSync(at('file'), 'x'.repeat(length));
      expect(readSmallFile(at('file'))).toEqual({ bytes: Buffer.from('x'.repeat(length)) });
    }
    writeFileSync(at('file'), 'x'.repeat(MOST_BYTES + 1));
    expect(readSmallFile(at('file'))).toEqual({ reason: `is larger than ${MOST_BYTES} bytes` });
  });

  it.runIf(existsSync('/proc/kallsyms'))('is read no further than its limit if it says that it has no size', () => {
    const file = readSmallFile('/proc/kallsyms');
    expect('reason' in file ? file.reason : file.bytes.length).toBe(`is larger than ${MOST_BYTES} bytes`);
    expect(readSmallFile('/proc/self/comm')).toEqual({ bytes: expect.any(Buffer) });
  });

  it('is nothing else, and is closed', async () => {
    mkdirSync(at('folder'));
    execFileSync('mkfifo', [at('fifo')]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(at('socket'), resolve));
    const before = process.platform === 'linux' ? open() : 0;
    try {
      expect(readSmallFile(at('folder'))).toEqual({ reason: 'is a directory' });
      for (const file of [at('fifo'), at('socket'), '/dev/zero'])
        expect(readSmallFile(file)).toEqual({ reason: 'is not a regular file' });
      expect(readSmallFile(at('none'))).toEqual({ reason: 'does not exist' });
      expect(readSmallFile(path.join(at('none'), 'none'))).toEqual({ reason: 'does not exist' });
      if (process.platform === 'linux') expect(open()).toBe(before);
    } finally {
      server.close();
    }
  });
});
