import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { BackupError } from './backup-error.ts';
import {
  type BackupDescription,
  type BackupEnd,
  type BackupHeader,
  type BackupRecord,
  FORMAT,
  FORMAT_VERSION,
} from './backup-format.ts';
import { sealLine } from './checksum.ts';

export interface BackupWriter {
  /** Resolves once the records are on the disk: behind those of earlier calls. Rejects with BackupError. */
  append(field: string, swaps: readonly Omit<BackupRecord, 'field'>[]): Promise<void>;
  /** Writes the end line, which tells a backup that has all its lines from one that was cut off. Never rejects. */
  close(): Promise<void>;
}

/**
 * Makes the writer of a backup: newline-delimited JSON that only its owner can read. The file is created with the first
 * records, so a run with nothing to write leaves none behind, and it never overwrites another.
 *
 * @param describe - returns what the header says about the run
 */
export function createBackupWriter(file: string, describe: () => BackupDescription): BackupWriter {
  let handle: FileHandle | null = null;
  let checksum = '';
  /** Whether all lines so far were written: after an incomplete line, another would look like damage. */
  let intact = true;

  /** The end of what was appended so far. */
  let last: Promise<void> = Promise.resolve();

  async function append(records: readonly BackupRecord[]): Promise<void> {
    try {
      if (handle !== null) return await write(handle, records);
      handle = await create(file);
      await write(handle, [{ format: FORMAT, formatVersion: FORMAT_VERSION, ...describe() }, ...records]);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      throw new BackupError(`the backup file ${file} cannot be written (${code})`, 'free some disk space, or name another file');
    }
  }

  async function write(target: FileHandle, contents: readonly (BackupHeader | BackupRecord | BackupEnd)[]): Promise<void> {
    let text = '';
    for (const content of contents) {
      const line = sealLine(checksum, content);
      text += line.text;
      checksum = line.checksum;
    }
    intact = false;
    await target.appendFile(text);
    await target.datasync();
    intact = true;
  }

  return {
    append(field, swaps) {
      const records = swaps.map(({ id, before, after }) => ({ field, id, before, after }));
      // After a failure nothing more is written: the checksums of what follows would not fit.
      last = last.then(() => append(records));
      last.catch(() => {});
      return last;
    },
    async close() {
      await last.catch(() => {});
      if (handle === null) return;
      if (intact) await write(handle, [{ end: true }]).catch(() => {});
      await handle.close().catch(() => {});
    },
  };
}

async function create(file: string): Promise<FileHandle> {
  const handle = await open(file, 'wx', 0o600);
  // Flushing a file does not flush its name: fsync(2). Not every system opens folders.
  const folder = await open(path.dirname(file)).catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
  return handle;
}
