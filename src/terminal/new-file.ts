import { rmSync, writeFileSync } from 'node:fs';
import type { Problem } from '../text/problem.ts';
import { fileProblem } from './file-problem.ts';

/**
 * Says, before anything is done, why a file cannot be created.
 *
 * @param flag - the option that names the file
 */
export function newFileProblem(flag: string, file: string): Problem | null {
  return fileProblem(flag, file, (_found, name) => ({
    message: `${flag}: ${name} already exists`,
    hint: 'name a new file: nothing is overwritten',
  }));
}

/**
 * Creates a file that only its owner can read, and flushes it to the disk. It never overwrites one, nor follows a link.
 *
 * @throws whatever the file system throws; no partial file is left
 */
export function createFile(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    const created = error instanceof Error && 'code' in error && error.code !== 'EEXIST';
    if (created) rmSync(file, { force: true });
    throw error;
  }
}
