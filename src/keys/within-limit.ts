import { type Problem, UsageError } from '../text/problem.ts';
import type { KeyContext } from './key-source.ts';

/**
 * Waits for a source, until its limit or until a signal asks the run to stop. What never answers is left behind.
 *
 * @param late - what to say at the limit
 * @param ask - gets a signal that is aborted at the limit, and when the run stops
 * @throws UsageError at the limit; the reason of the interruption; whatever `ask` throws before
 */
export async function withinLimit<T>(
  { timeoutMs, interruption }: KeyContext,
  late: (seconds: number) => Problem,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  interruption.throwIfAborted();
  const stopping = new AbortController();
  const interrupt = () => stopping.abort(interruption.reason);
  interruption.addEventListener('abort', interrupt);
  const timer = setTimeout(() => stopping.abort(), timeoutMs);
  try {
    return await Promise.race([aborted(stopping.signal), ask(stopping.signal)]);
  } catch (error) {
    if (interruption.aborted) throw interruption.reason;
    if (!stopping.signal.aborted) throw error;
    throw new UsageError([late(timeoutMs / 1000)]);
  } finally {
    clearTimeout(timer);
    interruption.removeEventListener('abort', interrupt);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
