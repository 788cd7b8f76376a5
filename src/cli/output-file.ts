import { randomUUID } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { printable } from './printable.ts';
import type { Problem } from './usage-error.ts';

/**
 * Says, before anything is done, what will keep a file from being written.
 *
 * @param option - the flag that names the file
 * @param replaceable - how a file begins that may be replaced; null where none may
 */
export function outputFileProblem(option: string, file: string, replaceable: string | null): Problem | null {
  const name = printable(file);
  if (file === '' || file.endsWith(path.sep)) return { message: `${option}: '${name}' names no file`, hint: 'name a file' };
  const folder = path.dirname(path.resolve(file));
  try {
    // A link is not followed: the new file would take its place.
    const stats = lstatSync(file, { throwIfNoEntry: false });
    if (stats !== undefined && !(stats.isFile() && replaceable !== null && beginsWith(file, replaceable))) {
      const hint = 'name a file that does not exist: nothing is written over';
      return { message: `${option}: ${name} exists already`, hint };
    }
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

function beginsWith(file: string, text: string): boolean {
  const bytes = Buffer.alloc(Buffer.byteLength(text));
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, bytes);
  } finally {
    closeSync(descriptor);
  }
  return bytes.equals(Buffer.from(text));
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
