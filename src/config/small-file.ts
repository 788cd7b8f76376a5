import { readFileSync, statSync } from 'node:fs';

/** Keys, urls, env files, identities and escrow shares are shorter; longer input is the wrong one. */
export const MOST_BYTES = 64 * 1024;

/** What a file holds, or why it cannot be read, as the end of a sentence. */
export type SmallFile = { readonly bytes: Buffer } | { readonly reason: string };

/** Reads regular files only: a FIFO or a device could block forever or never end. */
export function readSmallFile(file: string): SmallFile {
  try {
    const stats = statSync(file);
    if (stats.isDirectory()) return { reason: 'is a directory' };
    if (!stats.isFile()) return { reason: 'is not a regular file' };
    if (stats.size > MOST_BYTES) return { reason: `is larger than ${MOST_BYTES} bytes` };
    return { bytes: readFileSync(file) };
  } catch (error) {
    return { reason: fileProblem(error) };
  }
}

function fileProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: permission denied';
  return `cannot be read${typeof code === 'string' && code !== '' ? ` (${code})` : ''}`;
}
