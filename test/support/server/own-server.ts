import { Client, Pool } from 'pg';
import { CREATE_TABLES } from '../application/application.ts';
import type { TestDatabase } from '../table/database.ts';
import { secret } from '../tool/known-secrets.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts';

/** A server of the test's own that may be stopped and killed, with a database that has the application's tables. */
export interface OwnServer {
  readonly server: EmbeddedPostgres;
  readonly url: string;
  /** Its pool is good until the server is stopped or killed. */
  connect(): TestDatabase;
  stop(): Promise<void>;
}

export async function startOwnServer(settings: readonly string[] = []): Promise<OwnServer> {
  const server = await startEmbeddedPostgres(settings);
  secret(new URL(server.url).password);
  const url = `${server.url}application`;
  const pools: Pool[] = [];

  function connect(): TestDatabase {
    const pool = new Pool({ connectionString: url, max: 2 });
    // Its idle connections die with the server.
    pool.on('error', () => {});
    pools.push(pool);
    return { url, pool };
  }

  const client = new Client(`${server.url}postgres`);
  await client.connect();
  await client.query('CREATE DATABASE application');
  await client.end();
  await connect().pool.query(CREATE_TABLES);
  return {
    server,
    url,
    connect,
    async stop() {
      await Promise.all(pools.map((pool) => pool.end()));
      await server.stop();
    },
  };
}
