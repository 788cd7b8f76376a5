import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { printable } from './printable.ts';
import type { Problem } from './usage-error.ts';

/**
 * Says, before anything is done, what will keep a file from being written.
 *
 * @param option - the flag that names the file
 * @param mayExist - whether the file may be replaced
 */
export function outputFileProblem(option: string, file: string, mayExist: boolean): Problem | null {
  const folder = path.dirname(path.resolve(file));
  const name = printable(file);
  if (existsSync(file)) {
    if (!mayExist)
      return { message: `${option}: ${name} exists already`, hint: 'name a file that does not exist: nothing is written over' };
    if (!statSync(file).isFile()) return { message: `${option}: ${name} is not a regular file`, hint: 'name a file' };
  }
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (statSync(folder).isDirectory()) return null;
  } catch {
    // Told below, whatever the reason.
  }
  return {
    message: `${option}: no file can be made in ${printable(folder)}`,
    hint: 'name a folder that exists and that this user may write to',
  };
}

/** Replaces the file in one step (a reader sees the old text or the new one, never half), readable for its owner only. */
export function writeFileAtomically(file: string, text: string): void {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
