import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { Client } from 'pg';
import { CREATE_TABLES, encrypt, insertKeys, newKey, providerKey } from './support/application/application.ts';
import { startEmbeddedPostgres } from './support/server/embedded-postgres.ts';
import { copyProject } from './support/tool/copy-project.ts';

const ROWS = 500;
const tool = 'npx tsx scripts/rotate-encryption-key.ts';
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
  // Two values in each row, each in one column, and not every row has both.
  await client.query('CREATE TABLE accounts (id serial PRIMARY KEY, access_token text NOT NULL, refresh_token text)');
  await client.query('INSERT INTO accounts (access_token, refresh_token) SELECT * FROM unnest($1::text[], $2::text[])', [
    Array.from({ length: ROWS }, joined),
    Array.from({ length: ROWS }, (_, index) => (index % 5 === 0 ? null : joined())),
  ]);
  await client.end();
  console.log(`Inserted ${ROWS} API keys and ${ROWS} accounts, encrypted under the old key.`);

  const folder = path.join(server.folder, 'project');
  copyProject(folder);
  const { PATH, HOME, TMPDIR, TERM, NO_COLOR } = process.env;
  const env = { PATH, HOME, TMPDIR, TERM, NO_COLOR, OLD_ENCRYPTION_KEY: oldKey, NEW_ENCRYPTION_KEY: newKey(), DATABASE_URL: url };
  const run = (command: string, exitCode: number) => runAndExpect(command, exitCode, folder, env);
  // The schema that ships knows the table of the API keys alone.
  await run(`${tool} --dry-run`, 3);
  await run(`${tool} discover >> prisma/schema.prisma`, 3);
  await run('npx prisma generate', 0);
  await run(`${tool} --dry-run`, 0);
  await run(tool, 0);
  await run(`${tool} verify`, 0);
  await run(tool, 0);
} finally {
  await server.stop();
}

/** @returns a value as it is stored in one column */
function joined(): string {
  const { iv, content, tag } = encrypt(oldKey, providerKey(), 12);
  return `v1:${iv}:${tag}:${content}`;
}

/** Runs a command as an operator types it. */
async function runAndExpect(command: string, exitCode: number, cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  console.log(`\n$ ${command}`);
  const child = spawn(command, { cwd, env, stdio: 'inherit', shell: true });
  const [code] = await once(child, 'exit');
  console.log(`exit code ${code}`);
  if (code !== exitCode) throw new Error(`the demo expected exit code ${exitCode}, not ${code}`);
}
