// Single UPDATEs with nothing around them: a prepared statement, on one connection, of values that were re-encrypted beforehand.
// Prints the seconds that the UPDATEs took. A process of its own, since the code of the tool starts cold as well.
import process from 'node:process';
import { Client } from 'pg';
import { type ApplicationRow, decrypt, encrypt } from '../../test/support/application.ts';

const { DATABASE_URL = '', OLD_ENCRYPTION_KEY = '', NEW_ENCRYPTION_KEY = '' } = process.env;
const client = new Client(DATABASE_URL);
await client.connect();
const { rows } = await client.query<ApplicationRow>('SELECT id, iv, content, tag FROM user_api_keys ORDER BY id');
const updates = rows.map((row) => {
  const plaintext = decrypt(OLD_ENCRYPTION_KEY, row);
  if (plaintext === null) throw new Error(`row ${row.id} does not open`);
  const { iv, content, tag } = encrypt(NEW_ENCRYPTION_KEY, plaintext);
  return [row.id, iv, content, tag];
});

const text = 'UPDATE user_api_keys SET iv = $2, content = $3, tag = $4 WHERE id = $1';
const start = performance.now();
for (const values of updates) await client.query({ name: 'update', text, values });
process.stdout.write(String((performance.now() - start) / 1000));
await client.end();
