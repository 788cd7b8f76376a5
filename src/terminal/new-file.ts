import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Problem } from '../text/problem.ts';
import { fileProblem } from './file-problem.ts';
import { flushFolder } from './flush-folder.ts';

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
