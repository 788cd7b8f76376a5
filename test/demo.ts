import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { Client } from 'pg';
import { CREATE_TABLES, encrypt, insertKeys, newKey, providerKey } from './support/application/application.ts';
import { startEmbeddedPostgres } from './support/server/embedded-postgres.ts';
import { linkProject } from './support/tool/link-project.ts';

const ROWS = 500;
const script = 'scripts/rotate-encryption-key.ts';
const oldKey = newKey();

console.log('Starting an embedded PostgreSQL in a temporary folder …');
const server = await startEmbeddedPostgres();

try {
  const url = `${server.url}postgres`;
  const client = new Client(url);
  await client.connect();
  await client.query(CREATE_TABLES);
  await insertKeys(
    client,
    Array.from({ length: ROWS }, () => encrypt(oldKey, providerKey())),
  );
  await client.end();
  console.log(`Inserted ${ROWS} API keys, encrypted under the old key.`);

  const folder = path.join(server.folder, 'project');
  linkProject(folder);
  const { PATH, HOME, TMPDIR, TERM, NO_COLOR } = process.env;
  const env = { PATH, HOME, TMPDIR, TERM, NO_COLOR, OLD_ENCRYPTION_KEY: oldKey, NEW_ENCRYPTION_KEY: newKey(), DATABASE_URL: url };
  for (const args of [['--dry-run'], [], ['verify'], []]) await run(args, folder, env);
} finally {
  await server.stop();
}

/** Runs the tool as an operator types it. */
async function run(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  console.log(`\n$ npx tsx ${[script, ...args].join(' ')}`);
  const child = spawn('npx', ['tsx', script, ...args], { cwd, env, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  console.log(`exit code ${code}`);
  if (code !== 0) throw new Error(`the demo expected exit code 0, not ${code}`);
}
