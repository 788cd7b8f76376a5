import { createHash, scryptSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'dotenv';
import { afterAll, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { isInstalled, run, sayIfMissing } from '../support/keys/program.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runTool } from '../support/tool/run-tool.ts';

const text = readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', 'keys.md'), 'utf8');
const lines = [...text.matchAll(/^(?:OLD|NEW)_ENCRYPTION_KEY_COMMAND='.*'$/gmu)].map(([line]) => line);
const folder = mkdtempSync(path.join(tmpdir(), 'keys-document-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hasAge = isInstalled('age', '--version');
sayIfMissing(hasAge, 'keys-document', 'age is not on this machine (Debian: apt install age)');

/** @returns the command of the only line that contains a text, as an env file gives it */
function commandWith(part: string): string {
  const [line, ...others] = lines.filter((each) => each.includes(part));
  expect(others).toEqual([]);
  return parse(line ?? '')[line?.split('=')[0] ?? ''] ?? expect.fail(`no line has ${part}`);
}

/** @returns the fingerprint of the key that a command gives to the tool */
async function fingerprintFrom(command: string, env: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
  const database = { DATABASE_URL: 'postgresql://app@127.0.0.1:1/app' };
  const { stderr } = await runTool(['discover'], { ...env, ...database, OLD_ENCRYPTION_KEY_COMMAND: command });
  return /^rotate-encryption-key: keys: old (\w+)$/mu.exec(stderr)?.[1];
}

describe('docs/keys.md', () => {
  it('has commands that are JSON arrays of strings in an env file as well', () => {
    expect(lines.length).toBeGreaterThan(8);
    for (const line of lines) {
      const words: unknown = JSON.parse(Object.values(parse(line))[0] ?? '');
      expect(Array.isArray(words) && words.every((word) => typeof word === 'string'), line).toBe(true);
    }
  });

  it.each<[how: string, part: string, key: (passphrase: string, salt: string) => Buffer]>([
    ['SHA-256', 'createHash', (passphrase) => createHash('sha256').update(passphrase).digest()],
    ['scrypt', 'scryptSync', (passphrase, salt) => scryptSync(passphrase, salt, 32)],
  ])('derives a key by %s, as an application does', async (_how, part, key) => {
    const [PASSPHRASE, SALT] = [secret(newKey().slice(0, 20)), 'salt'];
    const hex = secret(key(PASSPHRASE, SALT).toString('hex'));
    expect(await fingerprintFrom(commandWith(part), { PASSPHRASE, SALT })).toBe(fingerprintOf(hex));
  });

  it.skipIf(!hasAge)('decrypts a key with age', async () => {
    const hex = secret(newKey());
    const at = (name: string) => path.join(folder, name);
    await run('age-keygen', ['-o', at('age.txt')]);
    secret(/AGE-SECRET-KEY-\w+/u.exec(readFileSync(at('age.txt'), 'utf8'))?.[0] ?? expect.fail('no identity'));
    const recipient = (await run('age-keygen', ['-y', at('age.txt')])).trim();
    writeFileSync(at('new.key'), `${hex}\n`);
    await run('age', ['-r', recipient, '-o', at('key.age'), at('new.key')]);
    expect(await fingerprintFrom(commandWith('"age"').replaceAll('/etc/app/', `${folder}/`))).toBe(fingerprintOf(hex));
  });

  it('says as much of pkcs11-tool as the tests run', () => {
    for (const words of ['"--mechanism", "RSA-PKCS-OAEP", "--hash-algorithm", "SHA-1"', '"--read-object", "--type", "data"'])
      expect(commandWith(words)).toContain('"--pin", "env:PIN"');
  });
});
