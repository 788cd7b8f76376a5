import { Socket } from 'node:net';
import { Client, type ClientBase, type ClientConfig, Pool } from 'pg';
import type { DatabaseSettings } from './settings.ts';

/** How long a connection is silent before the system asks whether the other end is there. */
const KEEP_ALIVE_MS = 60_000;

/** Makes connections that all end when the work is over, whether or not the server still answers. */
export interface Connector {
  readonly client: () => Client;
  readonly pool: (connections: number) => Pool;
  /** Cuts every connection that is still open. */
  readonly destroy: () => void;
}

/** @param onWarning - is called once for each warning of the server */
export function createConnector(settings: DatabaseSettings, onWarning: (text: string) => void): Connector {
  const { host, port, name, user, login, connectTimeoutMs, statementTimeoutMs } = settings;
  const sockets = new Set<Socket>();
  const config: ClientConfig = {
    ...login,
    host,
    port,
    database: name,
    user,
    application_name: 'rotate-encryption-key',
    connectionTimeoutMillis: connectTimeoutMs,
    // On the client's side, because connection parameters such as statement_timeout are refused by PgBouncer.
    query_timeout: statementTimeoutMs,
    keepAlive: true,
    // Those that write are silent while a survey reads, and networks drop what is silent for minutes.
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    stream: () => {
      const socket = new Socket();
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      return socket;
    },
  };
  const warned = new Set<string>();
  const listen = (client: ClientBase) =>
    client.on('notice', ({ code, message = '' }) => {
      // Class 01 is that of warnings: https://www.postgresql.org/docs/current/errcodes-appendix.html
      if (!code?.startsWith('01') || warned.has(message)) return;
      warned.add(message);
      onWarning(message);
    });
  return {
    client: () => {
      const client = new Client(config);
      listen(client);
      return client;
    },
    pool: (connections) => {
      // Connections stay open: the server may have none left later.
      const pool = new Pool({ ...config, max: connections, idleTimeoutMillis: 0 });
      // A connection that breaks emits an error here, which would end the process if nobody listened; its query fails by itself.
      pool.on('error', () => {});
      pool.on('connect', (client) => {
        client.on('error', () => {});
        listen(client);
      });
      return pool;
    },
    destroy: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** What statements may rely on. */
export interface Session {
  /** Whether a statement may be prepared once per connection. */
  readonly mayPrepare: boolean;
  /** Whether a statement is a serializable transaction, unless it says otherwise. */
  readonly isSerializable: boolean;
}

/**
 * Finds out whether the server itself is at the other end, or a pooler that may send each statement over a different
 * connection, on which earlier prepared statements are unknown: a pooler makes up the process id that it tells its clients
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html, BackendKeyData).
 */
export async function inspectSession(pool: Pool): Promise<Session> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query(
      "SELECT pg_catalog.pg_backend_pid() AS pid, pg_catalog.current_setting('default_transaction_isolation') AS isolation",
    );
    return {
      mayPrepare: rows[0]?.pid === Reflect.get(client, 'processID'),
      isSerializable: rows[0]?.isolation === 'serializable',
    };
  } finally {
    client.release();
  }
}
