import { type FileHandle, open } from 'node:fs/promises';
import { BackupError, type BackupHeader, type BackupRecord } from './backup-format.ts';

export interface BackupWriter {
  /** Resolves once the records are on the disk. Rejects with BackupError. */
  append(records: readonly BackupRecord[]): Promise<void>;
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
          handle = await open(file, 'wx', 0o600);
          lines.unshift(describe());
        }
        await handle.appendFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
        await handle.datasync();
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
        throw new BackupError(`the backup file ${file} cannot be written (${code})`);
      }
    },
    async close() {
      await handle?.close();
    },
  };
}
