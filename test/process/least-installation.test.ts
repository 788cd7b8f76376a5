import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../support/keys/program.ts';
import { useDatabase } from '../support/table/database.ts';
import { count, environment, expectIntact, newKeys, plant } from '../support/table/witness.ts';
import { expectNoSecret } from '../support/tool/known-secrets.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const folder = mkdtempSync(path.join(tmpdir(), 'least-installation-'));
const database = useDatabase();
const keys = newKeys();

/** @returns how the tool that is installed there ends */
function runInstalled(args: readonly string[], env: Readonly<Record<string, string>>) {
  const [command = '', ...others] = [process.execPath, '--import', 'tsx', 'scripts/rotate-encryption-key.ts', ...args];
  const { status: code, stderr } = spawnSync(command, others, { cwd: folder, env, encoding: 'utf8' });
  expectNoSecret(stderr);
  return { code, stderr };
}

/** As an operator installs it who wants as little as possible. */
beforeAll(async () => {
  for (const name of ['package.json', 'package-lock.json', 'prisma', 'prisma.config.ts', 'scripts', 'src', 'tsconfig.json'])
    cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  // A network may have a certificate authority of its own.
  const { HOME = '', NODE_EXTRA_CA_CERTS = '' } = process.env;
  const args = ['ci', '--omit=optional', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund', '--prefix', folder];
  await run('npm', args, { HOME, NODE_EXTRA_CA_CERTS });
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe('an installation without optional packages', () => {
  it('rotates and verifies with keys in hex', async () => {
    expect(existsSync(path.join(folder, 'node_modules', '@aws-sdk'))).toBe(false);
    const planted = await plant(database, keys, 5);
    for (const command of ['rotate', 'verify']) {
      const { code, stderr } = runInstalled([command], environment(keys, database.url));
      expect(code, stderr).toBe(0);
    }
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(5);
  });

  it('says which package a key in AWS KMS needs', () => {
    const env = { ...environment(keys, database.url), NEW_ENCRYPTION_KEY: 'awskms:///alias/app#AQID' };
    const { code, stderr } = runInstalled(['verify'], env);
    expect(code).toBe(2);
    expect(stderr).toContain(
      'error: NEW_ENCRYPTION_KEY: awskms:// needs the package @aws-sdk/client-kms, which is not installed',
    );
    expect(stderr).toContain('hint: npm install --no-save @aws-sdk/client-kms');
  });
});
