import { Socket } from 'node:net';
import type { ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import type { DatabaseSettings } from './settings.ts';

/** Makes connections that all end when the work is over, whether or not the server still answers. */
export interface Connector {
  /** For pg's Client and Pool. Holds the password, which pg itself hides when printed; the url, which pg would show, is left out. */
  readonly config: ClientConfig;
  /** Cuts every connection that is still open. */
  readonly destroy: () => void;
}

export function createConnector(settings: DatabaseSettings): Connector {
  const sockets = new Set<Socket>();
  return {
    config: {
      ...parseIntoClientConfig(settings.url),
      application_name: 'rotate-encryption-key',
      connectionTimeoutMillis: settings.connectTimeoutMs,
      // On the client's side, because connection parameters such as statement_timeout are refused by PgBouncer.
      query_timeout: settings.statementTimeoutMs,
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
