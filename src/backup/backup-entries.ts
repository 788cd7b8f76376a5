import type { z } from 'zod';
import { BackupError } from './backup-error.ts';
import {
  type BackupHeader,
  type BackupRecord,
  backupEnd,
  backupHeader,
  backupRecord,
  type CheckRecord,
} from './backup-format.ts';
import { type Line, readLines } from './backup-lines.ts';
import { hasChecksum, lineChecksum, splitLine } from './checksum.ts';

/** One line of a backup. `chain` covers this line and all before it: the checksum of the line, or for format 1 one like it. */
export type Entry =
  | { readonly kind: 'header'; readonly header: BackupHeader; readonly chain: string }
  | { readonly kind: 'record'; readonly record: BackupRecord; readonly chain: string }
  | { readonly kind: 'end'; readonly chain: string }
  /** The last line breaks off; `chain` is that of the line before. */
  | { readonly kind: 'torn'; readonly chain: string };

/**
 * Reads a backup file line by line, in the order of the file: the header, the records, and `end` or `torn`.
 *
 * @throws BackupError if the file cannot be read, or at the first line that is damaged, with its number
 */
export async function* readEntries(file: string, check: CheckRecord): AsyncGenerator<Entry, void, void> {
  let header: BackupHeader | null = null;
  let chain = '';
  let ended = false;
  for await (const line of readLines(file)) {
    if (ended) throw new BackupError(`line ${line.number} of the backup file is damaged: it follows the end line`, hint(line));
    if (isTorn(line)) {
      yield { kind: 'torn', chain };
    } else if (header === null) {
      header = parseContent(backupHeader, contentOf(line), line);
      chain = nextChain(header.formatVersion, chain, line);
      yield { kind: 'header', header, chain };
    } else {
      // Checked before the content: a changed byte is damage, even if the text is still valid.
      chain = nextChain(header.formatVersion, chain, line);
      const content = contentOf(line);
      ended = header.formatVersion !== 1 && typeof content === 'object' && content !== null && 'end' in content;
      if (ended) parseContent(backupEnd, content, line);
      yield ended ? { kind: 'end', chain } : { kind: 'record', record: parseRecord(content, line, header, check), chain };
    }
  }
}

/**
 * A crash while a line is appended leaves only its beginning. If the whole line is there, followed by anything but a line
 * feed, it is damaged: ignoring it would lose a record.
 */
function isTorn({ bytes, terminated }: Line): boolean {
  return !terminated && parseJson(bytes) === null && !hasChecksum(bytes);
}

function nextChain(version: BackupHeader['formatVersion'], previous: string, line: Line): string {
  const sealed = splitLine(line.bytes);
  if (version === 1 && sealed === null) return lineChecksum(previous, line.bytes);
  if (version !== 1 && sealed?.checksum === lineChecksum(previous, sealed?.body ?? '')) return sealed.checksum;
  const problem = line.number === 1 ? '' : ', or lines before it are missing';
  throw new BackupError(`line ${line.number} of the backup file is damaged${problem}: its checksum is wrong`, hint(line));
}

/** @returns what the line says, without its checksum; null if it is not JSON */
function contentOf({ bytes }: Line): unknown {
  const sealed = splitLine(bytes);
  return parseJson(sealed === null ? bytes : Buffer.concat([sealed.body, Buffer.from('}')]));
}

function parseContent<Schema extends z.ZodType>(schema: Schema, content: unknown, line: Line): z.output<Schema> {
  const checked = schema.safeParse(content);
  if (checked.success) return checked.data;
  throw misfit(line, checked.error.issues[0]?.path.join('.') ?? '');
}

function parseRecord(content: unknown, line: Line, header: BackupHeader, check: CheckRecord): BackupRecord {
  const record = parseContent(backupRecord, content, line);
  const place = check(record, header);
  if (place !== null) throw misfit(line, place);
  return record;
}

function misfit(line: Line, place: string): BackupError {
  const kind = line.number === 1 ? 'a valid header' : 'a valid record';
  const message = `line ${line.number} of the backup file is not ${kind} (${place || 'the whole line'})`;
  return new BackupError(message, hint(line));
}

/** The lines before a damaged one are a backup as well: that of a run that was killed there. */
function hint({ number }: Line): string {
  const another = 'use another copy of the file';
  if (number <= 2) return another;
  return `${another}; if there is none, copy the lines before this one with "head -n ${number - 1}" and restore those`;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return null;
  }
}
