import { availableParallelism } from 'node:os';
import type { Workers } from '../rotation/value-work.ts';

/** Starting a thread takes as long as decrypting about so many rows. */
const ROWS_FROM = 20_000;
/** More do not help: the database, and the one thread that talks to it, are the limit. */
const THREADS_AT_MOST = 4;

/** Starts as many worker threads as pay for so many rows, besides the main thread and the database; null if none does. */
export async function workersFor(rows: number): Promise<Workers | null> {
  const count = Math.min(THREADS_AT_MOST, availableParallelism() - 1);
  if (rows < ROWS_FROM || count === 0) return null;
  return new (await import('../threads/threads.ts')).Threads(count);
}
