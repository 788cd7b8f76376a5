import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { encrypt, insertKeys, newKey, providerKey } from '../support/application/application.ts';
import { expectAllUnder, otherColumns, readTable, useDatabase } from '../support/table/database.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import { workFolder } from '../support/tool/run-tool.ts';
import { withoutTlsWarning } from '../support/tool/without-tls-warning.ts';

const database = useDatabase();
const [oldest, middle, target] = [secret(newKey()), secret(newKey()), secret(newKey())];
const env = { DATABASE_URL: database.url, ENCRYPTION_KEYS: `${target} ${middle} ${oldest}` };
const ROWS = { [target]: 3, [middle]: 4, [oldest]: 5 };

/** As two rotations leave a table that both stopped half-way. @returns the plaintexts by id, in hex */
async function plantThree(): Promise<Map<string, string>> {
  const plaintexts = new Map<string, string>();
  for (const [key, rows] of Object.entries(ROWS)) {
    const texts = Array.from({ length: rows }, () => secret(providerKey()));
    const ids = await insertKeys(
      database.pool,
      texts.map((text) => encrypt(key, text)),
    );
    for (const [index, id] of ids.entries()) plaintexts.set(id, Buffer.from(texts[index] ?? '').toString('hex'));
  }
  return plaintexts;
}

const fingerprints = async () => {
  const { stderr } = await runHere(['--dry-run'], env);
  return [...(/keys: first (\w+), second (\w+), third (\w+)$/mu.exec(stderr)?.slice(1) ?? [])];
};

function rowsUnder({ underKeys }: { readonly underKeys: readonly { readonly fingerprint: string; readonly rows: number }[] }) {
  return Object.fromEntries(underKeys.map(({ fingerprint, rows }) => [fingerprint, rows]));
}

describe('a table with values under three keys', () => {
  it('is finished by one command, and the census is per key', async () => {
    const plaintexts = await plantThree();
    const before = await readTable(database);
    const [first, second, third] = await fingerprints();
    const file = path.join(workFolder, 'three.json');
    const { code, stdout, stderr } = await runHere(['--report', file], env);
    expect(code, stderr).toBe(0);
    expectAllUnder(target, await readTable(database), plaintexts);
    expect(otherColumns(await readTable(database))).toEqual(otherColumns(before));
    expect(withoutTlsWarning(stderr).split('\n').slice(2)).toEqual([
      `rotate-encryption-key: keys: first ${first}, second ${second}, third ${third}`,
      'rotate-encryption-key: preflight: 12 rows: 3 under the first key, 4 under the second key, 5 under the third key',
      'rotate-encryption-key: verify: 12 rows: 12 under the first key',
      '',
    ]);
    expect(stdout).toContain('done: every row is under the first key');
    expect(stdout).toContain('retire the other keys once no other table and no backup of the database needs them');
    const { keys, fields } = JSON.parse(readFileSync(file, 'utf8'));
    expect(keys).toEqual([
      { role: 'target', name: 'first', fingerprint: first },
      { role: 'source', name: 'second', fingerprint: second },
      { role: 'source', name: 'third', fingerprint: third },
    ]);
    expect(rowsUnder(fields[0].before)).toEqual({ [`${first}`]: 3, [`${second}`]: 4, [`${third}`]: 5 });
    expect(rowsUnder(fields[0].after)).toEqual({ [`${first}`]: 12, [`${second}`]: 0, [`${third}`]: 0 });
  });

  it('is verified with the first key alone', async () => {
    await plantThree();
    const { code, stdout } = await runHere(['verify'], { ...env, ENCRYPTION_KEYS: `${target} not-read` });
    expect(code).toBe(6);
    expect(stdout).toContain('exit 6: the first key cannot decrypt 9 of 12 rows');
    expect(stdout).toContain('keep the other keys, and see which key the rows are under');
  });

  it('is restored from a backup to what it was, each row under its own key', async () => {
    await plantThree();
    const before = await readTable(database);
    const backup = path.join(workFolder, 'three.jsonl');
    expect((await runHere(['--backup', backup], env)).code).toBe(0);
    expect((await runHere(['restore', backup], { DATABASE_URL: database.url })).code).toBe(0);
    expect(await readTable(database)).toEqual(before);
  });

  it('needs no rotation if the first key decrypts all, and asks whether the order is right', async () => {
    await plantThree();
    await runHere([], env);
    const { code, stdout } = await runHere([], env);
    expect(code).toBe(0);
    expect(stdout).toContain('done: every row is already under the first key: nothing to do');
    expect(stdout).toContain('the other keys decrypt none of the 12 rows, the first key all of them');
    expect(stdout).toContain('ENCRYPTION_KEYS begins with a key that the services use now');
  });

  it('stops before the first write if none of the keys decrypts a row', async () => {
    await plantThree();
    await insertKeys(database.pool, [encrypt(newKey(), 'a value under a fourth key')]);
    const before = await readTable(database);
    const { code, stdout } = await runHere([], env);
    expect(code).toBe(3);
    expect(stdout).toContain('exit 3: none of the keys can decrypt 1 of 13 rows');
    expect(await readTable(database)).toEqual(before);
  });

  it('cannot be rolled back to a key that --rollback would have to guess', async () => {
    const { code, stderr } = await runHere(['--rollback'], env);
    expect(code).toBe(2);
    expect(stderr).toContain('error: --rollback needs two keys, and ENCRYPTION_KEYS holds 3');
    expect(stderr).toContain('hint: put the key to go back to first in ENCRYPTION_KEYS, and leave --rollback out');
  });

  it('is searched for forgotten columns with all of the keys', async () => {
    await plantThree();
    const { code, stdout, stderr } = await runHere(['discover'], env, false, []);
    expect(code).toBe(3);
    expect(stdout).toContain('@@map("user_api_keys")');
    for (const fingerprint of await fingerprints()) expect(stderr).toMatch(new RegExp(`[345] under ${fingerprint}`, 'u'));
  });
});

describe('a list of two keys', () => {
  it('is rolled back as two variables are, to the second', async () => {
    const plaintexts = await plantThree();
    await runHere([], env);
    const { code, stdout, stderr } = await runHere(['--rollback'], { ...env, ENCRYPTION_KEYS: `${target} ${middle}` });
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('direction: back from the first key to the second key');
    expect(stdout).toContain('done: every row is under the second key');
    expectAllUnder(middle, await readTable(database), plaintexts);
  });
});
