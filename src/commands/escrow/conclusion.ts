import type { CheckedShare } from '../../database/share-checks.ts';
import { typed } from '../../report/conclusion.ts';
import { verb } from '../../report/wording.ts';
import type { Told } from './tell.ts';

/** What was split, and into which files. */
interface SplitEnding {
  readonly fingerprint: string;
  readonly splitId: string;
  readonly threshold: number;
  /** How many subsets of the shares were recombined. */
  readonly subsets: number;
  readonly folder: string;
  /** In the order of the shares. */
  readonly files: readonly { readonly name: string; readonly to: readonly string[] }[];
}

/** Says what a split made. */
export function concludeSplit({ fingerprint, splitId, threshold, subsets, folder, files }: SplitEnding): Told {
  const custodians = files.reduce((sum, { to }) => sum + to.length, 0);
  const one = `key ${fingerprint} is in escrow in one file, which ${custodians === 1 ? 'one custodian' : `any of ${custodians} custodians`} can decrypt`;
  const several = `key ${fingerprint} is in escrow in ${files.length} shares, of which any ${threshold} give it back`;
  return {
    headline: threshold === 1 ? one : several,
    details: [
      threshold === 1
        ? 'the file was read again and gave this key'
        : `${subsets} ${verb(subsets, 'subset of the shares was', 'subsets of the shares were')} recombined and gave this key`,
      ...files.flatMap(({ name, to }) => to.map((recipient) => `${name} is for ${recipient}`)),
    ],
    facts: [
      ['key', fingerprint],
      ['split', splitId],
      ['folder', folder],
    ],
    nextSteps: [
      'give each custodian their file, and a copy of docs/escrow.md',
      `have each of them check it, and tell you its key and split: ${typed('escrow check --identity me.txt FILE')}`,
      'use the key only when each of them has named the key and the split above',
    ],
  };
}

/**
 * Says which share was checked.
 *
 * @param recorded - what became of the record of it; empty without a database
 */
export function concludeCheck(
  { fingerprint, splitId, number, total, threshold }: CheckedShare,
  recorded: readonly string[],
): Told {
  const what = total === 1 ? 'this file alone gives the key back' : `any ${threshold} of the ${total} shares give the key back`;
  return {
    headline: `share ${number} of ${total} of key ${fingerprint} is whole`,
    details: [what, ...recorded],
    facts: [
      ['key', fingerprint],
      ['split', splitId],
    ],
    nextSteps: [],
  };
}

/**
 * Says which key was recovered.
 *
 * @param file - which it was written to; null if it was not
 * @param isVerified - whether the tables are going to be read with it
 */
export function concludeRecovery(fingerprint: string, file: string | null, isVerified: boolean): Told {
  const toUse = 'put the key into your secret store; then delete the file, and every share that was decrypted for this';
  const toGet = 'to get the key itself, run the same command with --out FILE';
  const toVerify = 'to see whether it decrypts every row, run the same command with --verify';
  return {
    headline: `the shares give key ${fingerprint}`,
    details: [file === null ? 'it was not written anywhere' : `it is in ${file}, as 64 hex characters, for its owner only`],
    facts: [['key', fingerprint]],
    nextSteps: file === null ? [toGet, ...(isVerified ? [] : [toVerify])] : [toUse],
  };
}
