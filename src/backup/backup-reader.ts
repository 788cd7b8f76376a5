import { readEntries } from './backup-entries.ts';
import { BackupError } from './backup-error.ts';
import type { BackupHeader, BackupRecord, CheckRecord } from './backup-format.ts';
import { ANOTHER } from './backup-lines.ts';

const RECORDS_PER_BATCH = 500;

export interface CheckedBackup {
  readonly header: BackupHeader;
  /** How many records it has. */
  readonly records: number;
  /**
   * `whole`: it has its end line. `open`: it has none, because its run was killed, lines at its end are lost, or it has
   * format 1. `torn`: the same, and its last line is incomplete.
   */
  readonly ending: 'whole' | 'open' | 'torn';
  /** Covers the header: each backup has a different one. */
  readonly headerChecksum: string;
  /** Covers all lines. */
  readonly lastChecksum: string;
}

/**
 * Reads a whole backup file once, checking each line.
 *
 * @param signal - aborting it ends the reading
 * @throws BackupError if the file cannot be read or is damaged, with the number of the first line that is wrong; the signal's reason
 */
export async function checkBackup(file: string, check: CheckRecord, signal: AbortSignal): Promise<CheckedBackup> {
  let header: BackupHeader | null = null;
  let records = 0;
  let ending: CheckedBackup['ending'] = 'open';
  let headerChecksum = '';
  let lastChecksum = '';
  for await (const entry of readEntries(file, check)) {
    signal.throwIfAborted();
    lastChecksum = entry.chain;
    if (entry.kind === 'header') {
      header = entry.header;
      headerChecksum = entry.chain;
    } else if (entry.kind === 'record') {
      records += 1;
    } else {
      ending = entry.kind === 'end' ? 'whole' : 'torn';
    }
  }
  if (header !== null) return { header, records, ending, headerChecksum, lastChecksum };
  if (ending === 'open') throw new BackupError('the backup file is empty', ANOTHER);
  throw new BackupError(
    'the backup file is truncated in its first line',
    'use another copy of it; if the run that made it was killed at that point, it wrote nothing to the table',
  );
}

/** Records of one field. */
export interface BackupBatch {
  readonly field: string;
  readonly swaps: readonly BackupRecord[];
}

/**
 * Reads the records of a backup once more, in batches, in the order of the file.
 *
 * @param checked - what `checkBackup` found in it
 * @throws BackupError if it is no longer the same: before the first record if it is another backup, and before the last batch
 * if the same backup became longer or shorter
 */
export async function* readBackup(
  file: string,
  check: CheckRecord,
  checked: CheckedBackup,
): AsyncGenerator<BackupBatch, void, void> {
  let batch: BackupRecord[] = [];
  let chain = '';
  for await (const entry of readEntries(file, check)) {
    chain = entry.chain;
    if (entry.kind === 'header' && chain !== checked.headerChecksum) throw changed(file);
    if (entry.kind !== 'record') continue;
    // One more is read before a batch is handed out.
    const [first] = batch;
    if (first !== undefined && (batch.length === RECORDS_PER_BATCH || first.field !== entry.record.field)) {
      yield { field: first.field, swaps: batch };
      batch = [];
    }
    batch.push(entry.record);
  }
  if (chain !== checked.lastChecksum) throw changed(file);
  const [first] = batch;
  if (first !== undefined) yield { field: first.field, swaps: batch };
}

function changed(file: string): BackupError {
  return new BackupError(
    `the backup file ${file} was changed while it was being restored`,
    'restore from a copy that nothing else writes to',
  );
}
