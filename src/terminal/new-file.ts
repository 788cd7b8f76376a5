import { rmSync, writeFileSync } from 'node:fs';
import { printable } from '../text/printable.ts';
import type { Problem } from '../text/problem.ts';
import { codeOf, fileProblem, isFull } from './file-problem.ts';

/**
 * Says, before anything is done, why a file cannot be created.
 *
 * @param flag - the option that names the file
 */
export function newFileProblem(flag: string, file: string): Problem | null {
  return fileProblem(flag, file, (found, name) =>
    found.isDirectory()
      ? { message: `${flag}: ${name} is a directory`, hint: 'name a new file in it' }
      : { message: `${flag}: ${name} already exists`, hint: 'name a new file: nothing is overwritten' },
  );
}

/**
 * Says why `createFile` could not create a file after all.
 *
 * @param error - what it threw
 */
export function notCreated(flag: string, file: string, error: unknown): Problem {
  const code = codeOf(error);
  const inTheWay = code === 'EEXIST' ? newFileProblem(flag, file) : null;
  const another = `name another file with ${flag}`;
  return (
    inTheWay ?? {
      message: `${flag}: ${printable(file)} cannot be written (${code})`,
      hint: isFull(code) ? `free some disk space, or ${another}` : another,
    }
  );
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
    if (codeOf(error) !== 'EEXIST') rmSync(file, { force: true });
    throw error;
  }
}
