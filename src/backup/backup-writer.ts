import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { BackupError, type BackupHeader, type BackupRecord } from './backup-format.ts';

export interface BackupWriter {
  /** Resolves once the records are on the disk. Rejects with BackupError. */
  append(records: readonly BackupRecord[]): Promise<void>;
  /** Never rejects: what was appended is on the disk. */
  close(): Promise<void>;
}

/**
 * Makes the writer of a backup: newline-delimited JSON, readable for its owner only. The file is created with the first
 * records, so that a run with nothing to write leaves none behind, and never overwrites another.
 *
 * @param describe - gives the header line
 */
export function createBackupWriter(file: string, describe: () => BackupHeader): BackupWriter {
  let handle: FileHandle | null = null;
  return {
    async append(records) {
      try {
        const lines: object[] = [...records];
        if (handle === null) {
          handle = await create(file);
          lines.unshift(describe());
        }
        await handle.appendFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
        await handle.datasync();
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
        throw new BackupError(`the backup file ${file} cannot be written (${code})`, 'make room, or name another file');
      }
    },
    async close() {
      await handle?.close().catch(() => {});
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
