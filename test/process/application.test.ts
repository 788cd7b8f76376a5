import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decrypt, encrypt, newKey, providerKey } from '../support/application/application.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { useApplication } from '../support/service/use-application.ts';
import { enterKeys } from '../support/table/registry.ts';
import { expectNoSecret, secret } from '../support/tool/known-secrets.ts';

const document = readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', 'application.md'), 'utf8');
const { database, runScript } = useApplication();
const { pool } = database;
const [key, former] = [secret(newKey()), secret(newKey())];

async function newUser(): Promise<string> {
  const { rows } = await pool.query("INSERT INTO users (email) VALUES (gen_random_uuid() || '@example.com') RETURNING id");
  return String(rows[0].id);
}

async function rowOf(id: string) {
  const { rows } = await pool.query('SELECT * FROM user_api_keys WHERE id = $1', [id]);
  return rows[0];
}

/** Stores a value as a version of the service did that knew no key ids. */
async function insertNameless(userId: string, keyHex: string, plaintext: string, ivBytes: number): Promise<string> {
  const { iv, content, tag } = encrypt(keyHex, plaintext, ivBytes);
  const { rows } = await pool.query(
    'INSERT INTO user_api_keys (user_id, provider, iv, content, tag) VALUES ($1, gen_random_uuid()::varchar(20), $2, $3, $4) RETURNING id',
    [userId, iv, content, tag],
  );
  return String(rows[0].id);
}

describe('the code in docs/application.md, with a generated Prisma client', () => {
  it('writes, reads, lists and deletes values that name their key', async () => {
    await enterKeys(database, key, former);
    const [userId, id, first, second] = [await newUser(), randomUUID(), secret(providerKey()), secret(providerKey())];
    const create =
      "import { createKey } from './dist/provider-keys.js'; const [id, userId, text] = process.argv.slice(1); say(await createKey({ id, userId, provider: 'one' }, text) ?? null)";
    await runScript(create, `${key} ${former}`, id, userId, first);
    expect(await rowOf(id)).toMatchObject({ user_id: userId, provider: 'one', key_id: fingerprintOf(key) });
    expect(decrypt(key, await rowOf(id))?.toString()).toBe(first);

    const work = `import { readKey, replaceKey, listKeys, deleteKey } from './dist/provider-keys.js';
      const [id, userId, text] = process.argv.slice(1);
      say([await readKey(id), await replaceKey(id, text), await readKey(id), await listKeys(userId), await deleteKey(id), await deleteKey(id),
        await replaceKey(id, text), await readKey(id)])`;
    expect(await runScript(work, `${former} ${key}`, id, userId, second)).toEqual([
      first,
      true,
      second,
      [{ id, provider: 'one', apiKey: second }],
      true,
      false,
      false,
      null,
    ]);
    expect(await rowOf(id)).toBeUndefined();
  });

  it('reads what was written before, without a key id and under either length of iv, and names the key when it replaces it', async () => {
    await enterKeys(database, key, former);
    const userId = await newUser();
    const [one, other, fresh] = [secret(providerKey()), secret(providerKey()), secret(providerKey())];
    const ids = [await insertNameless(userId, former, one, 16), await insertNameless(userId, former, other, 12)];
    const work = `import { readKey, replaceKey } from './dist/provider-keys.js';
      const [one, other, text] = process.argv.slice(1);
      say([await readKey(one), await readKey(other), await replaceKey(one, text), await readKey(one)])`;
    expect(await runScript(work, `${key} ${former}`, ...ids, fresh)).toEqual([one, other, true, fresh]);
    const [replaced, left] = [await rowOf(ids[0] ?? ''), await rowOf(ids[1] ?? '')];
    expect([replaced.key_id, left.key_id]).toEqual([fingerprintOf(key), null]);
    expect(decrypt(key, replaced)?.toString()).toBe(fresh);
    const [, check = ''] = /^```sql\n((?:.*\n)*?)```$/mu.exec(document) ?? [];
    expect((await pool.query(check)).rows).toEqual([
      { key_id: fingerprintOf(key), count: '1' },
      { key_id: null, count: '1' },
    ]);
  });

  it('decrypts in nested reads, and only when it is asked: neither a printed row nor an error of Prisma shows a plaintext', async () => {
    await enterKeys(database, key);
    const [userId, text] = [await newUser(), secret(providerKey())];
    const id = await insertNameless(userId, key, text, 12);
    await pool.query('UPDATE user_api_keys SET key_id = $1', [fingerprintOf(key)]);
    const work = `import { inspect } from 'node:util';
      import { prisma } from './dist/prisma.js';
      import { createKey } from './dist/provider-keys.js';
      const [id, userId, text] = process.argv.slice(1);
      const [row] = await prisma.userApiKey.findMany();
      const [{ userApiKeys: [nested] }] = await prisma.encryptionKey.findMany({ include: { userApiKeys: true } });
      const refused = await createKey({ id: 'no uuid', userId, provider: 'x'.repeat(30), surplus: 1 }, text).catch(String);
      say({ shown: [JSON.stringify(row), inspect(row, { getters: true, showHidden: true }), refused].join(), same: [row.decrypt() === text, nested.decrypt() === text], refused })`;
    const { shown, same, refused } = (await runScript(work, key, id, userId, text)) as Record<string, string>;
    expect(same).toEqual([true, true]);
    expect(refused).toMatch(/PrismaClientValidationError/u);
    expect(refused).toContain('keyId');
    expectNoSecret(shown ?? '');
  });

  it('fails if no key of the list decrypts the value, and says no more than that', async () => {
    await enterKeys(database, former);
    const id = await insertNameless(await newUser(), former, secret(providerKey()), 12);
    const work = `import { readKey } from './dist/provider-keys.js'; say(await readKey(process.argv[1]).catch(String))`;
    expect(await runScript(work, key, id)).toBe('Error: the value cannot be decrypted');
  });

  it('is refused by PostgreSQL while nobody has registered its key', async () => {
    const work = `import { createKey } from './dist/provider-keys.js';
      const [id, userId, text] = process.argv.slice(1);
      say(await createKey({ id, userId, provider: 'one' }, text).catch((error) => error.code))`;
    expect(await runScript(work, key, randomUUID(), await newUser(), secret(providerKey()))).toBe('P2003');
  });

  it('does not start with a list of keys that cannot be used', async () => {
    const work = "say(await import('./dist/encryption.js').then(() => 'started', String))";
    for (const list of ['', ' ', key.slice(1), `${key} ${key}`]) {
      const said = await runScript(work, list);
      expect(said).toMatch(/^Error: (?:no|an|the) encryption key/u);
      expect(said).not.toContain(key.slice(1));
    }
  });

  it('is right about interception: a hook for queries misses nested writes, and what Prisma refuses it prints', async () => {
    const work = `import { prisma } from './dist/prisma.js';
      const met = [];
      const hooked = prisma.$extends({ query: { userApiKey: { $allOperations({ operation, args, query }) { met.push(operation); return query(args); } } } });
      const [fingerprint, userId, text] = process.argv.slice(1);
      const value = { userId, provider: 'one', iv: '', content: text, tag: '' };
      await hooked.encryptionKey.create({ data: { fingerprint, source: 'text', userApiKeys: { create: value } } });
      const refused = await prisma.userApiKey.create({ data: { ...value, apiKey: text } }).catch(String);
      say({ met, stored: (await prisma.userApiKey.findMany({ select: { content: true } })), printed: refused.includes(text) })`;
    const text = secret(providerKey());
    expect(await runScript(work, key, fingerprintOf(key), await newUser(), text)).toEqual({
      met: [],
      stored: [{ content: text }],
      printed: true,
    });
  });
});
