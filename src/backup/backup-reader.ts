import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { z } from 'zod';
import { BackupError, type BackupHeader, type BackupRecord, backupHeader, backupRecord } from './backup-format.ts';

const RECORDS_PER_BATCH = 500;
const ANOTHER = 'name a file that rotate --backup wrote';

export interface CheckedBackup {
  readonly header: BackupHeader;
  /** How many records it has. */
  readonly records: number;
  /** Whether a crash tore its last line: the write that it was to describe was never sent. */
  readonly torn: boolean;
}

interface Line {
  readonly number: number;
  readonly text: string;
  /** The last one, where it breaks off. */
  readonly torn: boolean;
}

/**
 * Reads a whole backup file once, checking each line.
 *
 * @param signal - aborting it ends the reading
 * @throws BackupError where the file cannot be read or is damaged, with the number of the first line that is wrong; the signal's reason
 */
export async function checkBackup(file: string, signal: AbortSignal): Promise<CheckedBackup> {
  let header: BackupHeader | null = null;
  let records = 0;
  let torn = false;
  for await (const line of readLines(file)) {
    signal.throwIfAborted();
    if (line.torn) torn = true;
    else if (line.number === 1) header = parseLine(backupHeader, line);
    else {
      parseLine(backupRecord, line);
      records += 1;
    }
  }
  if (header !== null) return { header, records, torn };
  if (torn) throw new BackupError('the backup file ends in its first line', 'the run that made it wrote nothing to the table');
  throw new BackupError('the backup file is empty', ANOTHER);
}

/** Reads the records of a backup that `checkBackup` has found whole, in batches, in the order of the file. Rejects with BackupError. */
export async function* readBackup(file: string): AsyncGenerator<BackupRecord[], void, void> {
  let batch: BackupRecord[] = [];
  for await (const line of readLines(file)) {
    if (line.number === 1 || line.torn) continue;
    batch.push(parseLine(backupRecord, line));
    if (batch.length === RECORDS_PER_BATCH) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

function parseLine<Schema extends z.ZodType>(schema: Schema, { number, text }: Line): z.output<Schema> {
  const checked = schema.safeParse(parseJson(text));
  if (checked.success) return checked.data;
  const place = checked.error.issues[0]?.path.join('.') ?? '';
  throw new BackupError(
    `line ${number} of the backup file is not ${number === 1 ? 'a header' : 'a record'} of this tool (${place || 'as a whole'})`,
    'a file in which more than the last line is damaged is not restored: use another copy of it',
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** By hand, since node:readline also ends lines at U+2028, which an id may contain. */
async function* readLines(file: string): AsyncGenerator<Line, void, void> {
  let number = 1;
  let text = '';
  try {
    // A pipe or a device could be waited for without end, and cannot be read twice.
    if (!(await stat(file)).isFile()) throw new BackupError(`${file} is not a regular file`, ANOTHER);
    for await (const chunk of createReadStream(file, 'utf8')) {
      const [first = '', ...others] = String(chunk).split('\n');
      text += first;
      for (const next of others) {
        yield { number, text, torn: false };
        number += 1;
        text = next;
      }
    }
  } catch (error) {
    if (error instanceof BackupError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown error';
    const problem = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new BackupError(`the backup file ${file} ${problem}`, ANOTHER);
  }
  if (text !== '') yield { number, text, torn: parseJson(text) === null };
}
