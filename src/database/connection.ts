import { Socket } from 'node:net';
import type { ClientConfig, Pool } from 'pg';
import type { DatabaseSettings } from './settings.ts';

/** Makes connections that all end when the work is over, whether or not the server still answers. */
export interface Connector {
  /** For pg's Client and Pool. Holds the password, which pg itself hides when printed. */
  readonly config: ClientConfig;
  /** Cuts every connection that is still open. */
  readonly destroy: () => void;
}

export function createConnector({ host, port, name, user, login, ...limits }: DatabaseSettings): Connector {
  const sockets = new Set<Socket>();
  return {
    config: {
      ...login,
      host,
      port,
      database: name,
      user,
      application_name: 'rotate-encryption-key',
      connectionTimeoutMillis: limits.connectTimeoutMs,
      // On the client's side, because connection parameters such as statement_timeout are refused by PgBouncer.
      query_timeout: limits.statementTimeoutMs,
      keepAlive: true,
      stream: () => {
        const socket = new Socket();
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        return socket;
      },
    },
    destroy: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/**
 * Finds out whether the server itself is at the other end, or a pooler that may send every statement to another of its
 * connections, where nothing that was prepared before is known: a pooler makes up the process id that it tells its clients
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html, BackendKeyData).
 */
export async function reachesServer(pool: Pool): Promise<boolean> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    return rows[0]?.pid === Reflect.get(client, 'processID');
  } finally {
    client.release();
  }
}
