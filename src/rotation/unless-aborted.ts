/**
 * Reads, but stops waiting for the result once the signal is aborted: the read may itself wait for a lock, and is no longer needed.
 * Writes are never abandoned like this.
 *
 * @returns what `read` returns
 * @throws the signal's reason, or what `read` throws
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
