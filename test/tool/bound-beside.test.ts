import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EncryptedField } from '../../src/database/encrypted-field.ts';
import { open, type Sealed, seal } from '../support/formats/cipher.ts';
import { useDatabase } from '../support/table/database.ts';
import { environment, newKeys } from '../support/table/witness.ts';
import { encryptedFieldsOf } from '../support/tool/prisma-generate.ts';
import { runHere } from '../support/tool/run-here.ts';

const database = useDatabase();
const keys = newKeys();
const env = environment(keys, database.url);
const bytes = (key: 'old' | 'new') => Buffer.from(keys[key], 'hex');
const ROWS = 5;
let fields: readonly EncryptedField[] = [];

beforeAll(async () => {
  await database.pool.query(`
    CREATE TABLE docs (id int PRIMARY KEY, version bigint, title text NOT NULL, draft text);
    CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.version := OLD.version + 1; RETURN NEW; END $$;
    CREATE TRIGGER count_up BEFORE UPDATE ON docs FOR EACH ROW EXECUTE FUNCTION count_up()`);
  fields = await encryptedFieldsOf(`
model Doc {
  id      Int     @id
  version BigInt?
  title   String  /// @encrypted(title) {iv}:{content}:{tag}
  draft   String? /// @encrypted(draft) {iv}:{content}:{tag} aad="{version}"
  @@map("docs")
}
`);
});

beforeEach(async () => {
  await database.pool.query('TRUNCATE docs');
  for (let id = 1; id <= ROWS; id += 1) {
    const title = written(seal(bytes('old'), `title ${id}`, 12));
    // As if an earlier run had rotated the one that is bound, which would stop this run at its first row otherwise.
    const draft = id === 1 ? null : written(seal(bytes('new'), `draft ${id}`, 12, '1'));
    await database.pool.query('INSERT INTO docs VALUES ($1, $2, $3, $4)', [id, id === 1 ? null : 1, title, draft]);
  }
});

describe('a trigger that counts a version up, which another value of the row is bound to', () => {
  it.each(['1', '500'])('stops the run before anything is lost (--batch-size %s)', async (size) => {
    const { code, stdout, stderr } = await runHere(['--batch-size', size], env, false, fields);
    expect(code, stdout).toBe(4);
    expect(stdout).toContain('a column that another value is bound to, so the write was undone');
    expect(stderr).toContain('disable that trigger during the rotation');
    for (const { id, version, title, draft } of await rows()) {
      // Nothing is bound to a version that is null, which stays null.
      const isWritten = id === 1 && size === '1';
      expect(open(bytes(isWritten ? 'new' : 'old'), read(title))).toBe(`title ${id}`);
      if (draft !== null) expect(open(bytes('new'), read(draft), version ?? '')).toBe(`draft ${id}`);
    }
  });

  it.each(['1', '500'])('lets the run end once it is disabled (--batch-size %s)', async (size) => {
    await database.pool.query('ALTER TABLE docs DISABLE TRIGGER count_up');
    const { code, stdout } = await runHere(['--batch-size', size], env, false, fields);
    await database.pool.query('ALTER TABLE docs ENABLE TRIGGER count_up');
    expect(code, stdout).toBe(0);
    for (const { id, version, title, draft } of await rows()) {
      expect(open(bytes('new'), read(title))).toBe(`title ${id}`);
      if (draft !== null) expect(open(bytes('new'), read(draft), version ?? '')).toBe(`draft ${id}`);
    }
  });
});

async function rows() {
  const found = await database.pool.query<{ id: number; version: string | null; title: string; draft: string | null }>(
    'SELECT * FROM docs ORDER BY id',
  );
  return found.rows;
}

function written({ iv, content, tag }: Sealed): string {
  return [iv, content, tag].map((part) => part.toString('hex')).join(':');
}

function read(text: string): Sealed {
  const [iv = Buffer.alloc(0), content = Buffer.alloc(0), tag = Buffer.alloc(0)] = text
    .split(':')
    .map((part) => Buffer.from(part, 'hex'));
  return { iv, content, tag };
}
