import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { DecryptCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { hasMoto, type Moto, sayIfNoMoto, startMoto } from '../support/keys/moto.ts';
import { hasSoftHsm, type SoftHsm, sayIfNoSoftHsm, startSoftHsm } from '../support/keys/soft-hsm.ts';
import { startVault, type VaultStub } from '../support/keys/vault-stub.ts';
import { useDatabase } from '../support/table/database.ts';
import { count, expectIntact, plant } from '../support/table/witness.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import type { ToolEnv } from '../support/tool/run-tool.ts';

const ROWS = 12;
const database = useDatabase();
sayIfNoMoto('key-journey');
sayIfNoSoftHsm('key-journey');

/** A key, and the variables that give it to the tool, whose names end in this. */
interface Stage {
  readonly hex: string;
  readonly variables: (prefix: 'OLD_' | 'NEW_') => ToolEnv;
}

describe.skipIf(!hasMoto || !hasSoftHsm)('values that go from key to key', () => {
  let [moto, hsm, vault]: [Moto | undefined, SoftHsm | undefined, VaultStub | undefined] = [undefined, undefined, undefined];
  const env: Record<string, string | undefined> = { DATABASE_URL: database.url, PATH: process.env['PATH'] };

  beforeAll(async () => {
    [moto, hsm, vault] = await Promise.all([
      startMoto(secret(randomBytes(20).toString('base64'))),
      startSoftHsm(secret(String(randomBytes(4).readUInt32BE() + 1_000_000_000))),
      startVault(secret(`hvs.${randomBytes(24).toString('base64url')}`)),
    ]);
    await moto.createKey('alias/app');
    Object.assign(env, moto.env, hsm.env, vault.env);
  });
  afterAll(async () => {
    await Promise.all([moto?.stop(), vault?.server.stop()]);
    hsm?.remove();
  });

  async function inHex(): Promise<Stage> {
    const hex = secret(newKey());
    return { hex, variables: (prefix) => ({ [`${prefix}ENCRYPTION_KEY`]: hex }) };
  }

  async function madeByKms(): Promise<Stage> {
    const { code, stdout, stderr } = await runHere(
      ['generate-key', '--in', 'awskms:///alias/app?context_table=user_api_keys'],
      env,
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^awskms:\/\/\/alias\/app\?context_table=user_api_keys#[A-Za-z0-9+/]+=*\n$/u);
    const CiphertextBlob = Buffer.from(stdout.trim().split('#')[1] ?? '', 'base64');
    const decrypt = new DecryptCommand({ CiphertextBlob, EncryptionContext: { table: 'user_api_keys' } });
    const hex = secret(Buffer.from((await moto?.client.send(decrypt))?.Plaintext ?? []).toString('hex'));
    expect(stderr).toContain(`fingerprint ${fingerprintOf(hex)}`);
    return { hex, variables: (prefix) => ({ [`${prefix}ENCRYPTION_KEY`]: stdout.trim() }) };
  }

  async function inHsm(how: 'wrap' | 'store'): Promise<Stage> {
    const hex = secret(newKey());
    const command = secret((await hsm?.[how](hex)) ?? '');
    return { hex, variables: (prefix) => ({ [`${prefix}ENCRYPTION_KEY_COMMAND`]: command }) };
  }

  async function inVault(engine: 'transit' | 'kv'): Promise<Stage> {
    const hex = secret(newKey());
    vault?.put('app/keys', { current: `base64:${Buffer.from(hex, 'hex').toString('base64')}` });
    const reference =
      engine === 'kv' ? 'vaultkv://secret/app/keys#current' : `hashivault://app#${vault?.wrap(Buffer.from(hex, 'hex'))}`;
    return { hex, variables: (prefix) => ({ [`${prefix}ENCRYPTION_KEY`]: reference }) };
  }

  it('are never lost from hex to AWS KMS, an HSM, Vault and back, and every key is named by its fingerprint', async () => {
    const start = await inHex();
    const stages = [
      ...[start, await madeByKms(), await inHsm('wrap'), await inVault('transit')],
      ...[await inHsm('store'), await inVault('kv'), start],
    ];
    const planted = await plant(database, { old: start.hex, new: start.hex }, ROWS);
    for (const [index, stage] of stages.slice(1).entries()) {
      const before = stages[index] ?? start;
      const keys = { ...before.variables('OLD_'), ...stage.variables('NEW_') };
      const { code, stdout, stderr } = await runHere([], { ...env, ...keys });
      expect(code, stderr).toBe(0);
      expect(stdout).toContain(`keys      old ${fingerprintOf(before.hex)}, new ${fingerprintOf(stage.hex)}`);
      expect(count(await expectIntact(database, { old: before.hex, new: stage.hex }, planted), 'new')).toBe(ROWS);
      const checked = await runHere(['verify'], { ...env, ...stage.variables('NEW_') });
      expect(checked.stdout).toContain(`done: the new key decrypts all ${ROWS} rows`);
    }
  });
});
