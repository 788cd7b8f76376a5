import { accessSync, constants, lstatSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { printable } from '../text/printable.ts';
import type { Problem } from '../text/problem.ts';

/**
 * Says, before anything is done, why a file cannot be put where an option says.
 *
 * @param flag - the option that names the file
 * @param inTheWay - what is wrong with what is there already; is told the printable name. A symbolic link is not followed
 */
export function fileProblem(
  flag: string,
  file: string,
  inTheWay: (found: Stats, name: string) => Problem | null,
): Problem | null {
  const name = printable(file);
  if (file.endsWith(path.sep)) return { message: `${flag}: ${name} is not a file name`, hint: 'name a file in that folder' };
  const folder = path.dirname(path.resolve(file));
  try {
    const found = lstatSync(file, { throwIfNoEntry: false });
    const problem = found === undefined ? null : inTheWay(found, name);
    if (problem !== null) return problem;
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

/** @returns the code of what a file system throws, such as `ENOSPC` */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

/** @param code - as `codeOf` returns it */
export function isFull(code: string): boolean {
  return code === 'ENOSPC' || code === 'EDQUOT';
}
