import { linkSync, lstatSync, rmSync } from 'node:fs';
import path from 'node:path';
import { codeOf } from './file-problem.ts';
import { flushFolder } from './flush-folder.ts';
import { createFile } from './new-file.ts';

/**
 * Creates several files in one folder, each as `createFile` does: all of them, or none. They are written under other names first, and get
 * their own when all are on the disk. So whatever has its own name is whole; if the process is killed, some files may be left, and at least
 * one of those other names with them: see `leftIn`.
 *
 * @param files - what each holds, by its name
 * @throws whatever the file system throws; nothing is left
 */
export function createFiles(folder: string, files: ReadonlyMap<string, string>): void {
  const created: string[] = [];
  try {
    for (const [name, text] of files) created.push(createdFile(path.join(folder, partial(name)), text));
    for (const [name, text] of files) created.push(named(folder, name, text));
    flushFolder(folder);
    for (const name of files.keys()) rmSync(path.join(folder, partial(name)));
  } catch (error) {
    for (const file of created.reverse()) rmSync(file, { force: true });
    throw error;
  }
}

/**
 * Looks what is there of such files.
 *
 * @returns `partial`: the other names, of files that are being written, or were when their process was killed
 */
export function leftIn(
  folder: string,
  names: readonly string[],
): { readonly whole: readonly string[]; readonly partial: readonly string[] } {
  const isThere = (name: string) => lstatSync(path.join(folder, name), { throwIfNoEntry: false }) !== undefined;
  return { whole: names.filter(isThere), partial: names.map(partial).filter(isThere) };
}

/** Hidden, and no name that anybody hands out. The same for every process, so that two of them do not write the same files. */
function partial(name: string): string {
  return `.${name}.partial`;
}

function createdFile(file: string, text: string): string {
  createFile(file, text);
  return file;
}

/** A link never overwrites, which a rename does. FAT, as sticks have it, and some shares of a network know no links: link(2), ERRORS. */
function named(folder: string, name: string, text: string): string {
  const file = path.join(folder, name);
  try {
    linkSync(path.join(folder, partial(name)), file);
    return file;
  } catch (error) {
    if (!WITHOUT_LINKS.includes(codeOf(error))) throw error;
    return createdFile(file, text);
  }
}

const WITHOUT_LINKS = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'];
