import { accessSync, closeSync, constants, fsyncSync, lstatSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
  } catch {
    // So is its folder, which is reported below.
  }
  return folderProblem(flag, folder);
}

/**
 * Says why no file can be created in a folder.
 *
 * @param flag - the option that names it, or a file in it
 */
export function folderProblem(flag: string, folder: string): Problem | null {
  try {
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

/** The same for several files in one folder. @returns every problem */
export function newFilesProblems(flag: string, folder: string, names: readonly string[]): readonly Problem[] {
  return names.flatMap((name) => newFileProblem(flag, path.join(folder, name)) ?? []);
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

/**
 * Creates several files in one folder, each as `createFile` does: all of them, or none.
 *
 * @param files - what each holds, by its name
 * @throws whatever the file system throws; nothing is left
 */
export function createFiles(folder: string, files: ReadonlyMap<string, string>): void {
  const created: string[] = [];
  try {
    for (const [name, text] of files) {
      const file = path.join(folder, name);
      createFile(file, text);
      created.push(file);
    }
    flushFolder(folder);
  } catch (error) {
    for (const file of created) rmSync(file, { force: true });
    throw error;
  }
}

/** Flushing a file does not flush its name: fsync(2). Not every system opens folders. */
function flushFolder(folder: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
