import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { type Loopback, startSilent } from '../support/keys/loopback.ts';
import { refusalsOf, TWO_KEYS } from '../support/keys/refusals.ts';
import { startVault, type VaultStub } from '../support/keys/vault-stub.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import type { ToolEnv } from '../support/tool/run-tool.ts';

const token = secret(`hvs.${randomBytes(24).toString('base64url')}`);
const good = secret(newKey());
const wrappedHex = secret(newKey());
const short = secret(randomBytes(31).toString('hex'));

let database: Loopback;
let vault: VaultStub;

beforeAll(async () => {
  [database, vault] = await Promise.all([startSilent(), startVault(token)]);
  vault.put('app/keys', {
    hex: good,
    piped: `${good}\n`,
    lines: `${good}\n\n`,
    short,
    number: 7,
    reference: 'vaultkv://secret/app/keys#hex',
  });
  vault.put('team/secret/app/keys', { hex: good });
});
afterAll(() => Promise.all([database.stop(), vault.server.stop()]));

const refusals = (key: string, env: ToolEnv) => refusalsOf(database, { ENCRYPTION_KEYS: `${good} ${key}`, ...env });

describe('a key in Vault', () => {
  const reference = 'vaultkv://secret/app/keys#hex';

  it.each<[title: string, key: () => string, problem: string]>([
    ['no such secret', () => 'vaultkv://secret/none#hex', 'Vault has no such secret, or it was deleted (HTTP 404)'],
    ['no such field', () => 'vaultkv://secret/app/keys#none', 'the secret in Vault has no field of that name'],
    [
      'a field that every object has',
      () => 'vaultkv://secret/app/keys#constructor',
      'the secret in Vault has no field of that name',
    ],
    [
      'no such version',
      () => 'vaultkv://secret/app/keys?version=2#hex',
      'Vault has no such secret, or it was deleted (HTTP 404)',
    ],
    ['no such engine', () => 'vaultkv://team/secret/app/keys#hex', 'Vault has no such secret, or it was deleted (HTTP 404)'],
    ['a field with 31 bytes', () => 'vaultkv://secret/app/keys#short', 'the field in Vault has 62 characters instead of 64'],
    ['a field with an empty line', () => 'vaultkv://secret/app/keys#lines', 'the field in Vault contains white space'],
    ['a field with a number', () => 'vaultkv://secret/app/keys#number', 'the field in Vault is not a key'],
    ['a field with a reference', () => 'vaultkv://secret/app/keys#reference', 'the field in Vault is not a key'],
    [
      'a key of 31 bytes',
      () => `hashivault://app#${vault.wrap(Buffer.from(short, 'hex'))}`,
      'the key that Vault gave has 31 bytes instead of 32',
    ],
    [
      'a damaged key',
      () => `hashivault://app#${vault.wrap(Buffer.from(wrappedHex, 'hex')).slice(0, -8)}`,
      'Vault cannot unwrap the key (HTTP 400): another key wrapped it, its version is no longer allowed, it is damaged, or there is no such key',
    ],
    [
      'another key',
      () => `hashivault://other#${vault.wrap(Buffer.from(wrappedHex, 'hex'))}`,
      'Vault cannot unwrap the key (HTTP 400): another key wrapped it, its version is no longer allowed, it is damaged, or there is no such key',
    ],
    [
      'another engine',
      () => `hashivault://app?engine=team/transit#${vault.wrap(Buffer.from(wrappedHex, 'hex'))}`,
      'Vault has no transit engine at that path (HTTP 404)',
    ],
  ])('is explained: %s', async (_title, key, problem) => {
    expect(await refusals(key(), vault.env)).toEqual([`key 2 of ENCRYPTION_KEYS: ${problem}`]);
  });

  it('is asked for two keys at once, and what is wrong with both is said once', async () => {
    expect(await refusals(`${reference} vaultkv://secret/none#x`, { ...vault.env, VAULT_TOKEN: undefined })).toEqual([
      'VAULT_TOKEN is not set',
    ]);
    expect(
      await refusals(`vaultkv://secret/none#x vaultkv://secret/app/keys#none nonsense`, { ...vault.env, DATABASE_URL: 'x' }),
    ).toEqual([
      'key 2 of ENCRYPTION_KEYS: Vault has no such secret, or it was deleted (HTTP 404)',
      'key 3 of ENCRYPTION_KEYS: the secret in Vault has no field of that name',
      'key 4 of ENCRYPTION_KEYS contains a character that is not a hex digit (0-9, a-f)',
      expect.stringMatching(/^DATABASE_URL is not a url/u),
    ]);
  });

  it.each([
    ['with the newline that vault kv put takes over from a pipe', 'vaultkv://secret/app/keys#piped'],
    ['as one version of several', 'vaultkv://secret/app/keys?version=1#hex'],
    ['in an engine whose path has a slash', 'vaultkv://app/keys?engine=team/secret/#hex'],
  ])('may be stored %s', async (_title, key) => {
    const { stderr } = await runHere(['discover'], {
      ...{ ...vault.env, DATABASE_URL: 'postgresql://app@127.0.0.1:1/app' },
      ENCRYPTION_KEYS: `${wrappedHex} ${key}`,
    });
    expect(stderr).toMatch(TWO_KEYS);
  });
});
