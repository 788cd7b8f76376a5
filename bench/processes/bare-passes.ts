// The least that the passes of this tool in batches of 2000 can take with Node's cipher and pg: everything is decrypted, decrypted once
// more and re-encrypted (the new value is opened before it is written), and decrypted at the end. No lock, no census, no digest, no report.
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomFillSync } from 'node:crypto';
import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import pg from 'pg';

type Cells = readonly string[];

const BATCH_ROWS = 2000;
const PAGE_ROWS = 500;
const OPTIONS = { authTagLength: 16 };
const { DATABASE_URL: connectionString = '', OLD_ENCRYPTION_KEY = '', NEW_ENCRYPTION_KEY = '' } = process.env;
const [oldKey, newKey] = [OLD_ENCRYPTION_KEY, NEW_ENCRYPTION_KEY].map((hex) => createSecretKey(Buffer.from(hex, 'hex')));
if (oldKey === undefined || newKey === undefined) throw new Error('two keys are needed');

const reading = new pg.Client({ connectionString });
const writing = new pg.Client({ connectionString });
await Promise.all([reading.connect(), writing.connect()]);
await writing.query('SET synchronous_commit = off');
await decryptAll(oldKey);
await rotateAll(oldKey, newKey);
await decryptAll(newKey);
await Promise.all([reading.end(), writing.end()]);

async function decryptAll(key: KeyObject): Promise<void> {
  await reading.query('BEGIN READ ONLY; DECLARE everything NO SCROLL CURSOR FOR SELECT iv, content, tag FROM user_api_keys');
  const fetch = { text: `FETCH ${PAGE_ROWS} FROM everything`, rowMode: 'array' as const };
  let next = reading.query<string[]>(fetch);
  for (;;) {
    const { rows } = await next;
    if (rows.length === 0) break;
    next = reading.query(fetch);
    for (const row of rows) open(key, row);
  }
  await reading.query('COMMIT');
}

async function rotateAll(from: KeyObject, to: KeyObject): Promise<void> {
  const select = 'SELECT iv, content, tag, id FROM user_api_keys';
  const readPage = (after: string) =>
    reading.query<string[]>({
      ...{ name: 'page', rowMode: 'array', values: [after] },
      text: `${select} WHERE id > $1 ORDER BY id LIMIT ${PAGE_ROWS}`,
    });
  let batch: Cells[] = [];
  let written: Promise<unknown> = Promise.resolve();
  let next = readPage('00000000-0000-0000-0000-000000000000');
  for (;;) {
    const { rows } = await next;
    const last = rows.at(-1)?.[3];
    if (last !== undefined) {
      next = readPage(last);
      await setImmediate();
      for (const row of rows) batch.push([...row, ...seal(to, open(from, row))]);
    }
    if (batch.length >= BATCH_ROWS || last === undefined) {
      await written;
      written = write(batch);
      batch = [];
    }
    if (last === undefined) break;
  }
  await written;
}

async function write(batch: readonly Cells[]): Promise<void> {
  const text = `UPDATE user_api_keys AS stored SET iv = swap.a, content = swap.b, tag = swap.c
                  FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[])
                       AS swap (iv, content, tag, id, a, b, c)
                 WHERE stored.id = swap.id AND stored.iv = swap.iv AND stored.content = swap.content AND stored.tag = swap.tag`;
  const columns = Array.from({ length: 7 }, (_, column) => batch.map((cells) => cells[column]));
  const { rowCount } = await writing.query({ text, values: columns });
  if (rowCount !== batch.length) throw new Error('a row changed meanwhile');
}

function open(key: KeyObject, cells: Cells): Buffer {
  const [iv, content, tag] = cells.map((cell) => Buffer.from(cell, 'hex'));
  if (iv === undefined || content === undefined || tag === undefined) throw new Error('a row is incomplete');
  return openBytes(key, iv, content, tag);
}

function openBytes(key: KeyObject, iv: Buffer, content: Buffer, tag: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, OPTIONS).setAuthTag(tag);
  const plaintext = decipher.update(content);
  decipher.final();
  return plaintext;
}

function seal(key: KeyObject, plaintext: Buffer): Cells {
  const iv = randomFillSync(Buffer.alloc(16));
  const cipher = createCipheriv('aes-256-gcm', key, iv, OPTIONS);
  const content = cipher.update(plaintext);
  cipher.final();
  const tag = cipher.getAuthTag();
  if (!openBytes(key, iv, content, tag).equals(plaintext)) throw new Error('the new value does not open');
  return [iv, content, tag].map((part) => part.toString('hex'));
}
