import { Socket } from 'node:net';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../test/support/embedded-postgres.ts';

/** A PostgreSQL server on which databases can be created. */
export interface Server {
  readonly embedded: boolean;
  /** @returns the url of a database on it */
  readonly urlOf: (database: string) => string;
  /** The database that is there already, to create others from. */
  readonly maintenanceUrl: string;
}

/**
 * Runs `work` with the server at `url`, or with an embedded one, which has PostgreSQL's own settings: fsync on, 128 MB of
 * shared buffers.
 */
export async function withServer<T>(url: string | null, work: (server: Server) => Promise<T>): Promise<T> {
  if (url !== null) return await work({ embedded: false, maintenanceUrl: url, urlOf: (database) => inDatabase(url, database) });
  const server = await startEmbeddedPostgres();
  try {
    const urlOf = (database: string) => `${server.url}${database}`;
    return await work({ embedded: true, maintenanceUrl: urlOf('postgres'), urlOf });
  } finally {
    await server.stop();
  }
}

/** @param signal - cuts the connection, so that a long statement is not waited for */
export async function withClient<T>(url: string, signal: AbortSignal | null, work: (client: Client) => Promise<T>): Promise<T> {
  const socket = new Socket();
  const client = new Client({ connectionString: url, stream: () => socket });
  const cut = () => socket.destroy();
  client.on('error', () => {});
  signal?.addEventListener('abort', cut);
  try {
    signal?.throwIfAborted();
    await client.connect();
    return await work(client);
  } finally {
    signal?.removeEventListener('abort', cut);
    await client.end();
  }
}

function inDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
