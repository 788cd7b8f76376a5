import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { joined, type Sealed, seal } from './seal.ts';

/** A table of an application that keeps encrypted values: how it is made, and a row of it under a key. */
interface EncryptedTable {
  readonly name: string;
  readonly create: string;
  readonly row: (key: Buffer, index: number) => Readonly<Record<string, unknown>>;
}

function hexParts({ iv, content, tag }: Sealed): { iv: string; content: string; tag: string } {
  return { iv: iv.toString('hex'), content: content.toString('hex'), tag: tag.toString('hex') };
}

function blob(prefix: string, { iv, tag, content }: Sealed): string {
  return `${prefix}${joined('hex', '', iv, tag, content)}`;
}

export const ENCRYPTED_TABLES: readonly EncryptedTable[] = [
  {
    // As tzurot has it: three hex columns, an iv of 16 bytes.
    name: 'tzurot_keys',
    create: 'id uuid PRIMARY KEY, provider text, iv varchar(32), content text, tag varchar(32)',
    row: (key) => ({ id: randomUUID(), provider: 'openai', ...hexParts(seal(key, 16)) }),
  },
  {
    // As Langfuse: iv:content:tag in hex, an iv of 12 bytes.
    name: 'llm_api_keys',
    create: 'id text PRIMARY KEY, secret_key text NOT NULL, display text',
    row: (key) => {
      const { iv, content, tag } = seal(key, 12);
      return { id: `c${randomBytes(12).toString('hex')}`, secret_key: joined('hex', ':', iv, content, tag), display: '...abcd' };
    },
  },
  {
    // As Typebot: the iv in hex, and the base64 of content followed by tag.
    name: 'Credentials',
    create: 'id text PRIMARY KEY, data text NOT NULL, name text, iv text NOT NULL',
    row: (key) => {
      const { iv, content, tag } = seal(key, 12);
      const data = Buffer.concat([content, tag]).toString('base64');
      return { id: randomUUID(), data, name: 'My credentials', iv: iv.toString('hex') };
    },
  },
  {
    // Two in a row, nullable, behind a version.
    name: 'accounts',
    create: 'id integer PRIMARY KEY, access_token text, refresh_token text, scope text',
    row: (key, index) => ({
      id: index,
      access_token: index % 3 === 0 ? null : blob('enc:v1:', seal(key, 16)),
      refresh_token: index % 2 === 0 ? null : blob('v1:', seal(key, 12)),
      scope: 'openid email',
    }),
  },
  {
    name: 'integrations',
    create: 'id bigint PRIMARY KEY, config jsonb NOT NULL, settings json',
    row: (key, index) => {
      const { iv, content, tag } = hexParts(seal(key, 12));
      return {
        id: index,
        config: JSON.stringify({ iv, data: content, tag, version: 1 }),
        settings: JSON.stringify({ theme: 'dark' }),
      };
    },
  },
  {
    name: 'vault',
    create: 'id integer PRIMARY KEY, sealed bytea, thumbnail bytea',
    row: (key, index) => {
      const { iv, content, tag } = seal(key, 12);
      return { id: index, sealed: Buffer.concat([iv, content, tag]), thumbnail: randomBytes(64) };
    },
  },
];

/** Columns that look encrypted and are not. */
const DECOYS: Readonly<Record<string, () => string>> = {
  uuid: randomUUID,
  md5: () => randomBytes(16).toString('hex'),
  sha256: () => createHash('sha256').update(randomBytes(8)).digest('hex'),
  base64: () => randomBytes(48).toString('base64'),
  bcrypt: () => `$2b$10$${randomBytes(40).toString('base64').replaceAll('+', '.').slice(0, 53)}`,
  jwt: () => [20, 60, 32].map((bytes) => randomBytes(bytes).toString('base64url')).join('.'),
  url: () => `https://example.com/files/${randomUUID()}?token=${randomBytes(16).toString('hex')}`,
  note: () => 'The quick brown fox jumps over the lazy dog, and then it sleeps',
};

/** Makes the encrypted tables, in which every row is under one of the keys. */
export async function createEncryptedTables(pool: Pool, keys: readonly Buffer[], rows: number): Promise<void> {
  for (const { name, create, row } of ENCRYPTED_TABLES) {
    await pool.query(`CREATE TABLE "${name}" (${create})`);
    for (let index = 0; index < rows; index += 1) {
      await insert(pool, name, row(keys[index % keys.length] ?? Buffer.alloc(32), index));
    }
  }
}

/** Makes tables without an encrypted value: some of random values, some of prose. */
export async function createDecoyTables(pool: Pool, tables: number, rows: number): Promise<void> {
  const names = Object.keys(DECOYS);
  for (let table = 0; table < tables; table += 1) {
    const columns = names.filter((_, index) => (table + index) % 3 !== 0);
    await pool.query(
      `CREATE TABLE decoy_${table} (id serial PRIMARY KEY, ${columns.map((name) => `"${name}" text`).join(', ')})`,
    );
    const values = columns.map((name) => Array.from({ length: rows }, () => DECOYS[name]?.() ?? ''));
    const lists = columns.map((_, index) => `$${index + 1}::text[]`).join(', ');
    const into = columns.map((name) => `"${name}"`).join(', ');
    await pool.query(`INSERT INTO decoy_${table} (${into}) SELECT * FROM unnest(${lists})`, values);
  }
}

async function insert(pool: Pool, table: string, row: Readonly<Record<string, unknown>>): Promise<void> {
  const names = Object.keys(row);
  const places = names.map((_, index) => `$${index + 1}`).join(', ');
  await pool.query(
    `INSERT INTO "${table}" (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${places})`,
    Object.values(row),
  );
}
