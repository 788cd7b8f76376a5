import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { z } from 'zod';
import { BackupDamaged, type BackupHeader, type BackupRecord, backupHeader, backupRecord } from './backup-format.ts';

const RECORDS_PER_BATCH = 500;

/**
 * Reads a whole backup file once, checking each line.
 *
 * A last line without its newline was torn by a crash while it was written. The write to the table that it
 * describes was never sent, so it is passed over.
 *
 * @returns the header and the number of records
 * @throws BackupDamaged with the number of the first line that is wrong; Error where the file cannot be read, or is a pipe or a device,
 * which cannot be read twice
 */
export async function checkBackup(file: string): Promise<{ header: BackupHeader; records: number }> {
  if (!(await stat(file)).isFile()) throw new Error('not a regular file');
  const reading = lines(file);
  const first = await reading.next();
  if (first.done === true) throw new BackupDamaged('the backup file is empty');
  const header = parseLine(backupHeader, first.value, 1);
  let number = 1;
  for await (const line of reading) {
    number += 1;
    parseLine(backupRecord, line, number);
  }
  return { header, records: number - 1 };
}

/** Reads the records of a backup that `checkBackup` has found whole, in batches, in the order of the file. */
export async function* readBackup(file: string): AsyncGenerator<BackupRecord[], void, void> {
  let batch: BackupRecord[] = [];
  let number = 0;
  for await (const line of lines(file)) {
    number += 1;
    if (number === 1) continue;
    batch.push(parseLine(backupRecord, line, number));
    if (batch.length === RECORDS_PER_BATCH) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

function parseLine<Schema extends z.ZodType>(schema: Schema, line: string, number: number): z.output<Schema> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw new BackupDamaged(`line ${number} of the backup file is not JSON`);
  }
  const checked = schema.safeParse(parsed);
  if (checked.success) return checked.data;
  const place = checked.error.issues[0]?.path.join('.') ?? '';
  throw new BackupDamaged(
    `line ${number} of the backup file is not ${number === 1 ? 'a header' : 'a record'} of this tool (${place || 'unknown fields'})`,
  );
}

/** The lines that end with a newline. By hand, since node:readline also ends lines at U+2028, which an id may contain. */
async function* lines(file: string): AsyncGenerator<string, void, void> {
  let rest = '';
  for await (const chunk of createReadStream(file, 'utf8')) {
    const [first = '', ...others] = String(chunk).split('\n');
    rest += first;
    for (const part of others) {
      yield rest;
      rest = part;
    }
  }
}
