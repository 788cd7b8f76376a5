import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { hasMoto, type Moto, REGION, sayIfNoMoto, startMoto } from '../support/keys/moto.ts';
import { startVault, type VaultStub } from '../support/keys/vault-stub.ts';
import { useDatabase } from '../support/table/database.ts';
import { count, expectIntact, plant } from '../support/table/witness.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runTool, type ToolEnv } from '../support/tool/run-tool.ts';

// Every run fails if it prints a secret that is known: keys, the plaintexts of wrapped keys, tokens, arguments of commands, values.
sayIfNoMoto('key-secrets');
const database = useDatabase();
const folder = mkdtempSync(path.join(tmpdir(), 'key-secrets-'));
const [oldKey, freshKey] = [secret(newKey()), secret(newKey())];
const token = secret(`hvs.${randomBytes(24).toString('base64url')}`);
const awsSecret = secret(randomBytes(20).toString('hex'));
const passphrase = secret(randomBytes(16).toString('hex'));

/** A Node that shows variables and arguments shows those of tsx itself, so that secrets are in files. */
const file = (name: string, text: string) => {
  const at = path.join(folder, name);
  writeFileSync(at, text, { mode: 0o600 });
  return at;
};
const env = {
  OLD_ENCRYPTION_KEY_FILE: file('old', oldKey),
  DATABASE_URL_FILE: file('url', database.url),
  DEBUG: '*',
};
/** All that Node can print, without what makes it print all that is read. */
const NODE_DEBUG = 'http,https,http2,net,tls,module,esm,timer,fetch,undici,websocket,crypto,worker';
const command = JSON.stringify(['node', '-e', `console.log('${freshKey}') // ${passphrase}`]);
let vault: VaultStub;
let vaultEnv: ToolEnv;

beforeAll(async () => {
  vault = await startVault(token);
  vault.put('app/keys', { current: freshKey });
  vaultEnv = { ...vault.env, VAULT_TOKEN: undefined, VAULT_TOKEN_FILE: file('token', token) };
});
afterAll(async () => {
  await vault.server.stop();
  rmSync(folder, { recursive: true });
});

async function expectRotated(run: ToolEnv): Promise<void> {
  const planted = await plant(database, { old: oldKey, new: freshKey }, 3);
  const { code, stdout, stderr } = await runTool(['--verbose', '--batch-size', '2'], { ...env, ...run });
  expect(code, stderr.slice(-2000)).toBe(0);
  expect(stdout).toContain(`keys      old ${fingerprintOf(oldKey)}, new ${fingerprintOf(freshKey)}`);
  expect(count(await expectIntact(database, { old: oldKey, new: freshKey }, planted), 'new')).toBe(3);
}

describe('no secret is printed, whatever the settings for debugging', () => {
  it('by a rotation to a key in Vault', async () => {
    await expectRotated({ ...vaultEnv, NODE_DEBUG, NEW_ENCRYPTION_KEY: 'vaultkv://secret/app/keys#current' });
  });

  it('by a rotation to a key that Vault unwraps', async () => {
    const reference = `hashivault://app#${vault.wrap(Buffer.from(freshKey, 'hex'))}`;
    await expectRotated({ ...vaultEnv, NODE_DEBUG, NEW_ENCRYPTION_KEY: reference });
  });

  it('by a rotation to a key that a command gives', async () => {
    await expectRotated({ NODE_DEBUG, NEW_ENCRYPTION_KEY_COMMAND: command });
  });

  it('by a command that is refused, since Node would show its arguments', async () => {
    const envFile = file('.env', `NEW_ENCRYPTION_KEY_COMMAND='${command}'\n`);
    const { code, stderr } = await runTool(['--env', envFile], { ...env, NODE_DEBUG: '*' });
    expect(code).toBe(2);
    expect(stderr).toContain('error: NEW_ENCRYPTION_KEY_COMMAND is not run while NODE_DEBUG');
  });

  it.each([
    ['a command', () => ({ NEW_ENCRYPTION_KEY_COMMAND: command }), 'NEW_ENCRYPTION_KEY_COMMAND'],
    ['Vault', () => ({ ...vaultEnv, NEW_ENCRYPTION_KEY: 'vaultkv://secret/app/keys#current' }), 'NEW_ENCRYPTION_KEY'],
    ['AWS KMS', () => ({ AWS_REGION: REGION, NEW_ENCRYPTION_KEY: 'awskms:///alias/app#AAAA' }), 'NEW_ENCRYPTION_KEY'],
  ])('by %s that gives a key, which is not asked while Node would print what it reads', async (_title, source, variable) => {
    const { code, stderr } = await runTool([], { ...env, NODE_DEBUG: 'net,STREAM', ...source() });
    expect(code, stderr.slice(-2000)).toBe(2);
    expect(stderr).toContain(`error: ${variable}: no key is fetched while NODE_DEBUG makes Node print what it reads\n`);
    expect(stderr).not.toContain(
      Buffer.from(freshKey.slice(0, 32))
        .toString('hex')
        .replace(/..(?!$)/gu, '$& '),
    );
  });

  it('by refusals of Vault, of a server that is none, and of a secret that is no key', async () => {
    vault.put('app/other', { current: passphrase });
    const keys = file('keys', `${oldKey} vaultkv://secret/app/other#current vaultkv://secret/app/other#x ${passphrase}`);
    const { code, stderr } = await runTool([], {
      ...{ ...vaultEnv, DATABASE_URL_FILE: env.DATABASE_URL_FILE, DEBUG: '*', NODE_DEBUG },
      ENCRYPTION_KEYS_FILE: keys,
    });
    expect(code).toBe(2);
    for (const position of [2, 3, 4]) expect(stderr).toContain(`error: key ${position} of ENCRYPTION_KEYS`);
  });

  describe.skipIf(!hasMoto)('with AWS KMS', () => {
    let moto: Moto;
    let aws: ToolEnv;
    beforeAll(async () => {
      moto = await startMoto(awsSecret);
      await moto.createKey('alias/app');
      const credentials = `[ops]\naws_access_key_id = AKIATESTTESTTESTTEST\naws_secret_access_key = ${awsSecret}\n`;
      aws = {
        ...{ AWS_ENDPOINT_URL_KMS: moto.env['AWS_ENDPOINT_URL_KMS'], AWS_REGION: REGION, AWS_PROFILE: 'ops' },
        AWS_SHARED_CREDENTIALS_FILE: file('credentials', credentials),
      };
    });
    afterAll(() => moto.stop());

    it('by a rotation to a key that it unwraps, with the credentials of a profile, and without the warning of the SDK', async () => {
      const wrapped = await moto.wrap('alias/app', Buffer.from(freshKey, 'hex'), { table: 'user_api_keys' });
      const reference = `awskms:///alias/app?context_table=user_api_keys#${wrapped}`;
      await expectRotated({ ...aws, NODE_DEBUG, NEW_ENCRYPTION_KEY: reference });
      const { stderr } = await runTool(['verify'], { ...aws, NEW_ENCRYPTION_KEY: reference, DATABASE_URL: database.url });
      expect(stderr).not.toContain('NodeVersionSupportWarning');
    });

    it('by a refusal', async () => {
      const wrapped = await moto.wrap('alias/app', Buffer.from(freshKey, 'hex'), { table: 'user_api_keys' });
      const { code } = await runTool([], {
        ...env,
        ...aws,
        NODE_DEBUG,
        NEW_ENCRYPTION_KEY: `awskms:///alias/app#${wrapped}`,
      });
      expect(code).toBe(2);
    });

    it('by generate-key --in', async () => {
      const { code, stdout } = await runTool(['generate-key', '--in', 'awskms:///alias/app'], {
        ...aws,
        DEBUG: '*',
        NODE_DEBUG,
      });
      expect(code).toBe(0);
      expect(stdout).toMatch(/^awskms:\/\/\/alias\/app#[A-Za-z0-9+/]+=*\n$/u);
    });
  });
});
