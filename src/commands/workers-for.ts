import { availableParallelism } from 'node:os';
import type { Workers } from '../rotation/value-work.ts';

/** Starting a thread takes as long as decrypting about so many rows. */
const ROWS_FROM = 20_000;
/** A bound, so that memory has one too: how many help beyond it was not measured. */
const THREADS_AT_MOST = 4;
/** The main thread and the database each keep one busy: on two cores a run with a worker thread was 14 % faster at best, and slower at worst. */
const CORES_TAKEN = 2;

/** Starts as many worker threads as pay for so many rows; null if none does. */
export async function workersFor(rows: number): Promise<Workers | null> {
  const count = Math.min(THREADS_AT_MOST, availableParallelism() - CORES_TAKEN);
  if (rows < ROWS_FROM || count < 1) return null;
  return new (await import('../threads/threads.ts')).Threads(count);
}
