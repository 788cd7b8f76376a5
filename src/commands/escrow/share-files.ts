import { codeOf, isFull } from '../../terminal/file-problem.ts';
import { createFiles, leftIn } from '../../terminal/new-files.ts';
import { printable } from '../../text/printable.ts';
import { refuse } from '../../text/problem.ts';

const ANOTHER = 'name another folder with --out';

/**
 * Makes sure that no file of another split is in the way.
 *
 * @throws UsageError that says what is there, and what to do with it
 */
export function refuseOthers(folder: string, fingerprint: string, names: readonly string[]): void {
  const { whole, partial } = leftIn(folder, names);
  const where = `--out: ${printable(folder)}`;
  if (partial.length > 0)
    refuse(
      `${where} has files of a split of key ${fingerprint} that was stopped before its end, or is still running: ${few([...partial, ...whole])}`,
      `if none is running, and no custodian has one of these files, delete them; otherwise ${ANOTHER}`,
    );
  if (whole.length > 0)
    refuse(
      `${where} already has ${whole.length} of the ${names.length} files, of another split of key ${fingerprint}: ${few(whole)}`,
      `${ANOTHER}: nothing is overwritten, and shares of two splits cannot be combined`,
    );
}

const NAMED = 6;

function few(names: readonly string[]): string {
  const others = names.length - NAMED;
  return others > 0 ? `${names.slice(0, NAMED).join(', ')} and ${others} more` : names.join(', ');
}

/**
 * Writes the files of a split: all of them, or none.
 *
 * @param files - what each holds, by its name
 * @throws UsageError
 */
export function writeShares(folder: string, fingerprint: string, files: ReadonlyMap<string, string>): void {
  try {
    createFiles(folder, files);
  } catch (error) {
    // Another split may have begun meanwhile.
    refuseOthers(folder, fingerprint, [...files.keys()]);
    const code = codeOf(error);
    refuse(
      `--out: a file in ${printable(folder)} cannot be written (${code}), so none was left there`,
      isFull(code) ? `free some disk space, or ${ANOTHER}` : ANOTHER,
    );
  }
}
