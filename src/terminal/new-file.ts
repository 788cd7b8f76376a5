import { accessSync, constants, lstatSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { printable } from '../text/printable.ts';
import type { Problem } from '../text/problem.ts';

/**
 * Says, before anything is done, why a file cannot be created.
 *
 * @param flag - the option that names the file
 */
export function newFileProblem(flag: string, file: string): Problem | null {
  const name = printable(file);
  if (file === '' || file.endsWith(path.sep)) return { message: `${flag}: '${name}' is not a file name`, hint: 'name a file' };
  const folder = path.dirname(path.resolve(file));
  try {
    if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) {
      return { message: `${flag}: ${name} already exists`, hint: 'name a new file: nothing is overwritten' };
    }
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (statSync(folder).isDirectory()) return null;
  } catch {
    // Reported below, whatever the reason.
  }
  return {
    message: `${flag}: cannot create a file in ${printable(folder)}`,
    hint: 'name a folder that exists and that this user may write to',
  };
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
