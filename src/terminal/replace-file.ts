import { randomUUID } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Problem } from '../text/problem.ts';
import { fileProblem } from './file-problem.ts';
import { flushFolder } from './flush-folder.ts';

/**
 * Says, before anything is done, why a file cannot be replaced. A symbolic link is refused: to replace it would cut it off from the
 * file that it names, and to follow it would write where somebody else points to.
 *
 * @param flag - the option that names the file
 */
export function replaceProblem(flag: string, file: string): Problem | null {
  return fileProblem(flag, file, (found, name) =>
    found.isFile()
      ? null
      : { message: `${flag}: ${name} is not a regular file`, hint: 'name a new file, or one that may be overwritten' },
  );
}

/**
 * Puts a file that everybody may read in the place of the one that may be there, in one step: whoever reads it, also after a crash of
 * the machine, gets the old text or the new one, whole. https://man7.org/linux/man-pages/man2/rename.2.html
 *
 * @throws whatever the file system throws; the old file is as it was
 */
export function replaceFile(file: string, text: string): void {
  const folder = path.dirname(path.resolve(file));
  // Of a name that no collector of such files takes for one of them.
  const temporary = path.join(folder, `.${path.basename(file)}.${randomUUID()}`);
  try {
    writeFlushed(temporary, text);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  flushFolder(folder);
}

function writeFlushed(file: string, text: string): void {
  const descriptor = openSync(file, 'wx', 0o644);
  try {
    writeFileSync(descriptor, text);
    // The umask may have taken away what a collector needs.
    fchmodSync(descriptor, 0o644);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
