import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** Keys, urls, env files, identities and escrow shares are shorter; longer input is the wrong one. */
export const MOST_BYTES = 64 * 1024;

const NOT_REGULAR = 'is not a regular file';

/** What a file holds, or why it cannot be read, as the end of a sentence. */
export type SmallFile = { readonly bytes: Buffer } | { readonly reason: string };

/** Reads regular files only: a FIFO or a device could block forever or never end, and opening one must not wait for its other end. */
export function readSmallFile(file: string): SmallFile {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    // What was opened, whatever has the name by now.
    const stats = fstatSync(descriptor);
    if (stats.isDirectory()) return { reason: 'is a directory' };
    if (!stats.isFile()) return { reason: NOT_REGULAR };
    const bytes = readAtMost(descriptor, MOST_BYTES + 1);
    return bytes.length > MOST_BYTES ? { reason: `is larger than ${MOST_BYTES} bytes` } : { bytes };
  } catch (error) {
    return { reason: fileProblem(error) };
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/** A file may grow while it is read, and a file of /proc says that it has no size. */
function readAtMost(descriptor: number, most: number): Buffer {
  const buffer = Buffer.alloc(most);
  let length = 0;
  while (length < most) {
    const read = readSync(descriptor, buffer, length, most - length, null);
    if (read === 0) break;
    length += read;
  }
  return buffer.subarray(0, length);
}

function fileProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  // A socket cannot be opened at all.
  if (code === 'ENXIO') return NOT_REGULAR;
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: permission denied';
  return `cannot be read${typeof code === 'string' && code !== '' ? ` (${code})` : ''}`;
}
