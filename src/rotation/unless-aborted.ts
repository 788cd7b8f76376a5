/**
 * Reads, but does not wait for what it reads once the run is to stop: that may itself wait for a lock, and is of no use any more.
 * Writes are never left like this.
 *
 * @returns what the reading gives
 * @throws the signal's reason, or what the reading throws
 */
export async function unlessAborted<T>(signal: AbortSignal, read: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop);
    read()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });
}
