import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { fileWith, newFolder, splitHere } from '../support/escrow/custodians.ts';
import {
  bringShares,
  document,
  follow,
  hasAgeAndPython,
  holdCeremony,
  pythonOfTheDocument,
  sayIfNoAge,
} from '../support/escrow/document.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { useDatabase } from '../support/table/database.ts';
import { plant } from '../support/table/witness.ts';
import { secret } from '../support/tool/known-secrets.ts';

sayIfNoAge('escrow-document');
const database = useDatabase();
const [oldKey, freshKey] = [secret(newKey()), secret(newKey())];

describe.skipIf(!hasAgeAndPython)('docs/escrow.md', () => {
  let program: string;
  beforeAll(() => {
    program = path.join(newFolder(), 'recover.py');
    writeFileSync(program, pythonOfTheDocument());
  });
  const python = (...files: readonly string[]) => spawnSync('python3', [program, ...files], { encoding: 'utf8' });

  it('leads from a key to custodians who have checked their shares, and back to the key, with age and the tool', async () => {
    const { operator, custodians } = await holdCeremony({ NEW_ENCRYPTION_KEY: freshKey });
    for (const [index, custodian] of custodians.entries()) {
      expect(await follow('check', custodian)).toContain(
        `done: share ${index + 1} of 5 of key ${fingerprintOf(freshKey)} is whole\n`,
      );
    }
    expect(statSync(path.join(operator, 'shares')).mode & 0o777).toBe(0o700);
    await plant(database, { old: freshKey, new: oldKey }, 3);
    const machine = await bringShares([3, 0, 4].map((index) => custodians[index] ?? ''));
    const said = await follow('recover', machine, { DATABASE_URL: database.url });
    expect(said).toContain(`done: the shares give key ${fingerprintOf(freshKey)}\n  it was not written anywhere\n`);
    expect(said).toContain('done: the recovered key decrypts all 3 rows\n');
    const key = path.join(machine, 'recovery', 'key');
    expect(readFileSync(key, 'utf8')).toBe(`${freshKey}\n`);
    expect(statSync(key).mode & 0o777).toBe(0o600);
  });

  it('has twenty lines of Python that need nothing else, and recover a key from any shares that are enough', async () => {
    expect(program === '' ? [] : pythonOfTheDocument().trimEnd().split('\n')).toHaveLength(20);
    for (const [threshold, total] of [
      [1, 2],
      [2, 2],
      [2, 3],
      [5, 7],
      [20, 40],
    ] as const) {
      const { shares } = await splitHere({ NEW_ENCRYPTION_KEY: freshKey }, threshold, total);
      const files = shares.map(({ text }) => fileWith(text));
      expect(python(...files.slice(-threshold))).toMatchObject({ status: 0, stdout: `${freshKey}\n`, stderr: '' });
      expect(python(...files, ...files)).toMatchObject({ status: 0, stdout: `${freshKey}\n` });
      if (threshold === 1) continue;
      const { status, stdout, stderr } = python(...files.slice(1 - threshold));
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toBe(`these shares do not give key ${fingerprintOf(freshKey)}\n`);
    }
  }, 60_000);

  it('refuses there what the tool refuses: shares of two splits, and a damaged one, which a sum finds', async () => {
    const [one, other] = [
      await splitHere({ NEW_ENCRYPTION_KEY: freshKey }, 2, 2),
      await splitHere({ NEW_ENCRYPTION_KEY: freshKey }, 2, 2),
    ];
    const text = one.shares[0]?.text ?? '';
    const whole = fileWith(text);
    expect(python(whole, fileWith(other.shares[1]?.text ?? ''))).toMatchObject({ status: 1, stdout: '' });
    const damaged = fileWith(text.replace(/^(value: .*)(.)$/mu, (_all, begin, last) => `${begin}${last === '0' ? '1' : '0'}`));
    expect(python(damaged, fileWith(one.shares[1]?.text ?? ''))).toMatchObject({ status: 1, stdout: '' });
    expect(document.replace(/\s+/gu, ' ')).toContain('`head -n -1 FILE | sha256sum`');
    const sum = (file: string) =>
      execFileSync('bash', ['-c', `head -n -1 '${file}' | sha256sum`], { encoding: 'utf8' }).slice(0, 64);
    expect(text.endsWith(`\nchecksum: ${sum(whole)}\n`)).toBe(true);
    expect(text.endsWith(`\nchecksum: ${sum(damaged)}\n`)).toBe(false);
  });
});
