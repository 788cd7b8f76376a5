// This tool with a schema of two models, as `npx prisma generate` would make it: the second table has the columns of the first.
import process from 'node:process';
import { encryptedFields } from '../../src/database/generated/encrypted-fields.ts';
import { main } from '../../src/main.ts';

const second = { name: 'ArchivedApiKey', model: 'ArchivedApiKey', table: 'archived_api_keys' };

process.exitCode = await main({
  argv: process.argv.slice(2),
  env: process.env,
  encryptedFields: encryptedFields.flatMap((field) => [field, { ...field, ...second }]),
  stdin: () => process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  interruption: new AbortController().signal,
});
