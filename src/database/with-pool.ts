import type { Pool } from 'pg';
import { type Connector, createConnector } from './connection.ts';
import type { DatabaseSettings } from './settings.ts';

export type { Pool } from 'pg';

/** How long closing a connection may take before it is cut. */
const CLOSE_TIMEOUT_MS = 1000;

/**
 * Lends a connection to `work`, and closes it whatever happens. For reading: no lock is taken, no table is inspected.
 *
 * @param signal - aborting it cuts the connection
 * @param onWarning - is told what the server warns of
 * @throws the signal's reason, and whatever `work` throws
 */
export async function withPool<T>(
  settings: DatabaseSettings,
  signal: AbortSignal,
  onWarning: (text: string) => void,
  work: (pool: Pool) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const connector = createConnector(settings, onWarning);
  const pool = connector.pool(1);
  signal.addEventListener('abort', connector.destroy);
  try {
    return await work(pool);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', connector.destroy);
    await closePool(pool, connector);
  }
}

/** Closes every connection, and cuts those that do not close in time. */
export async function closePool(pool: Pool, connector: Connector): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
  });
  await Promise.race([pool.end(), limit]);
  clearTimeout(timer);
  connector.destroy();
}
