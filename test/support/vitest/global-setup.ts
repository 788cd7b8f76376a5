import { randomBytes } from 'node:crypto';
import process from 'node:process';
import type { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { CREATE_TABLES } from '../application/application.ts';
import { startTestServer } from '../server/postgres.ts';
import { withClient } from '../server/with-client.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly postgres: { readonly kind: 'given' | 'container' | 'embedded'; readonly url: string; readonly template: string };
  }
}

/**
 * vitest exits at the first SIGINT or SIGTERM. Without these it would die of the second one, which npm adds, and of SIGHUP,
 * before the server is gone.
 */
const ENDINGS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** Starts the server once for all test files, and makes the template that their databases are copied from. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  for (const [signal, code] of Object.entries(ENDINGS)) process.on(signal, () => process.exit(code));
  const server = await startTestServer(process.env);
  try {
    // Only databases with this prefix are ever written to or dropped.
    const prefix = `rotate_key_test_${randomBytes(6).toString('hex')}_`;
    const template = `${prefix}template`;
    const version = await withClient(server.url, async (client) => {
      await client.query(`CREATE DATABASE ${template}`);
      const { rows } = await client.query('SHOW server_version');
      return String(rows[0]?.server_version);
    });
    await withClient(databaseUrl(server.url, template), (client) => client.query(CREATE_TABLES));
    console.log(`PostgreSQL for the tests: ${server.label}, version ${version}`);
    project.provide('postgres', { kind: server.kind, url: server.url, template });
    return async () => {
      await withClient(server.url, (client) => dropDatabases(client, prefix));
      await server.stop();
    };
  } catch (error) {
    await server.stop();
    if (server.kind !== 'given') throw error;
    throw new Error(`TEST_DATABASE_URL must be postgresql://… of a role that may create databases: ${String(error)}`);
  }
}

/** The template, and what an interrupted test file left behind. */
async function dropDatabases(client: Client, prefix: string): Promise<void> {
  const { rows } = await client.query('SELECT datname FROM pg_database WHERE starts_with(datname, $1)', [prefix]);
  for (const { datname } of rows) await client.query(`DROP DATABASE IF EXISTS ${datname} WITH (FORCE)`);
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
