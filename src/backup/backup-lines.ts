import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { BackupError } from './backup-error.ts';

export const ANOTHER = 'name a file that rotate --backup wrote';

export interface Line {
  /** Counted from 1. */
  readonly number: number;
  /** Without its line feed. */
  readonly bytes: Buffer;
  /** Whether it has its line feed. Only the last one may lack it. */
  readonly terminated: boolean;
}

const LINE_FEED = 0x0a;

/**
 * Reads the lines of a file as bytes, since decoding gives damaged UTF-8 and U+FFFD the same text. By hand, since node:readline
 * also ends lines at U+2028, which an id may contain.
 *
 * @throws BackupError if the file cannot be read
 */
export async function* readLines(file: string): AsyncGenerator<Line, void, void> {
  let number = 1;
  let pieces: Buffer[] = [];
  try {
    // A pipe or a device could block forever, and cannot be read twice.
    if (!(await stat(file)).isFile()) throw new BackupError(`${file} is not a regular file`, ANOTHER);
    for await (const read of createReadStream(file)) {
      const chunk: Buffer = read;
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
        yield { number, bytes: Buffer.concat([...pieces, chunk.subarray(start, end)]), terminated: true };
        number += 1;
        pieces = [];
        start = end + 1;
      }
      if (start < chunk.length) pieces.push(chunk.subarray(start));
    }
  } catch (error) {
    if (error instanceof BackupError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown error';
    const problem = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new BackupError(`the backup file ${file} ${problem}`, ANOTHER);
  }
  if (pieces.length > 0) yield { number, bytes: Buffer.concat(pieces), terminated: false };
}
