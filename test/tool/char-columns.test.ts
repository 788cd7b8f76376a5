import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { useDatabase } from '../support/table/database.ts';
import { environment, newKeys } from '../support/table/witness.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { encryptedFieldsOf } from '../support/tool/prisma-generate.ts';
import { runHere } from '../support/tool/run-here.ts';

const database = useDatabase();
const keys = newKeys();
const env = environment(keys, database.url);

// PostgreSQL fills char(n) up with blanks, and drops them whenever it makes text of it.
const MODEL = `model Padded {
  id     Int     @id
  tenant String
  keyId  String? @map("key_id") /// @encrypted {keyId}
  sealed String? /// @encrypted {"v":"{iv}:{content}:{tag}"} aad="{tenant}"

  @@map("padded")
}
`;

function seal(keyHex: string, plaintext: string, aad: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(keyHex, 'hex'), iv).setAAD(Buffer.from(aad));
  const content = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return JSON.stringify({ v: [iv, content, cipher.getAuthTag()].map((part) => part.toString('hex')).join(':') });
}

function open(keyHex: string, sealed: string, aad: string): string {
  const [iv, content, tag] = String(JSON.parse(sealed).v)
    .split(':')
    .map((part) => Buffer.from(part, 'hex'));
  if (iv === undefined || content === undefined || tag === undefined) throw new Error('three parts were expected');
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(keyHex, 'hex'), iv).setAAD(Buffer.from(aad)).setAuthTag(tag);
  return Buffer.concat([decipher.update(content), decipher.final()]).toString();
}

it.each([['1'], ['500']])('columns of type char(n), filled up with blanks, are rotated %s at a time', async (batchSize) => {
  const tenant = 'acme'.padEnd(10);
  const plaintexts = [1, 2, 3].map((id) => secret(`sk-padded-${batchSize}-${id}`));
  await database.pool.query(`
    DROP TABLE IF EXISTS padded;
    CREATE TABLE padded (id int PRIMARY KEY, tenant char(10), key_id char(40), sealed char(400))`);
  for (const [id, plaintext] of plaintexts.entries()) {
    const values = [id, 'acme', id === 0 ? null : 'old', seal(keys.old, plaintext, tenant)];
    await database.pool.query('INSERT INTO padded VALUES ($1, $2, $3, $4)', values);
  }
  const fields = await encryptedFieldsOf(MODEL);

  const { code, stderr } = await runHere(['--batch-size', batchSize], env, false, fields);

  expect(code, stderr).toBe(0);
  const { rows } = await database.pool.query('SELECT tenant, key_id, sealed FROM padded ORDER BY id');
  expect(rows.map(({ sealed }) => open(keys.new, sealed, tenant))).toEqual(plaintexts);
  expect(rows.map(({ key_id }) => String(key_id).trim())).toEqual(rows.map(() => expect.stringMatching(/^[0-9a-f]{16}$/u)));
  expect((await runHere(['verify'], env, false, fields)).code).toBe(0);
});
