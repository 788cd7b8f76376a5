import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { type Loopback, startHttp, startSilent } from '../support/keys/loopback.ts';
import { hasMoto, type Moto, REGION, sayIfNoMoto, startMoto } from '../support/keys/moto.ts';
import { startVault, type VaultStub } from '../support/keys/vault-stub.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import { type ToolEnv, workFolder } from '../support/tool/run-tool.ts';

sayIfNoMoto('key-sources');

const token = secret(`hvs.${randomBytes(24).toString('base64url')}`);
const awsSecret = secret(randomBytes(20).toString('base64'));
const good = secret(newKey());
const wrappedHex = secret(newKey());
const short = secret(randomBytes(31).toString('hex'));
const blob = randomBytes(100).toString('base64');
const fingerprintLine = /^rotate-encryption-key: keys: first [0-9a-f]{16}, second [0-9a-f]{16}$/mu;

let database: Loopback;
let vault: VaultStub;
let silent: Loopback;
let closed: number;
const servers: Loopback[] = [];

beforeAll(async () => {
  [database, silent, vault] = await Promise.all([startSilent(), startSilent(), startVault(token)]);
  servers.push(database, silent, vault.server);
  const ended = await startSilent();
  closed = ended.port;
  await ended.stop();
  vault.put('app/keys', { hex: good, short, number: 7, reference: 'vaultkv://secret/app/keys#hex' });
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

/** @returns the errors of a rotation to a key, which must have exit code 2, hints, and no connection to the database */
async function refusals(key: string, env: ToolEnv): Promise<string[]> {
  const before = database.connections();
  const { code, stdout, stderr } = await runHere([], {
    DATABASE_URL: `postgresql://app@127.0.0.1:${database.port}/app`,
    DATABASE_CONNECT_TIMEOUT_MS: '1',
    ENCRYPTION_KEYS: `${good} ${key}`,
    ...env,
  });
  expect(code, stderr).toBe(2);
  expect(stdout).toBe('');
  expect(database.connections()).toBe(before);
  const lines = stderr.split('\n').filter((line) => line !== '');
  expect(
    lines.filter((_line, index) => index % 2 === 1).every((line) => line.startsWith('rotate-encryption-key: hint: ')),
    stderr,
  ).toBe(true);
  return lines.filter((_line, index) => index % 2 === 0).map((line) => line.replace('rotate-encryption-key: error: ', ''));
}

async function httpThatAnswers(status: number, body: object, headers: Record<string, string> = {}): Promise<string> {
  const server = await startHttp(() => ({ status, body: JSON.stringify(body), headers }));
  servers.push(server);
  return `http://127.0.0.1:${server.port}`;
}

describe('a reference that is malformed', () => {
  it.each([
    ['an unknown scheme', 'gcpkms://projects/p#x', 'does not begin with awskms://, hashivault://, vaultkv://'],
    ['the url of a database', 'postgresql://app:hunter2@host/app', 'does not begin with awskms://, hashivault://, vaultkv://'],
    ['no fragment', 'awskms:///alias/app', 'has nothing after a #: the wrapped key belongs there'],
    ['an empty fragment', 'hashivault://app#', 'has nothing after a #: the wrapped key belongs there'],
    ['no field', 'vaultkv://secret/app', 'has nothing after a #: the name of a field belongs there'],
    ['no name', `awskms://?region=x#${blob}`, 'names no key between awskms:// and the #'],
    ['a name with dots', 'vaultkv://secret/../sys/seal#x', 'names no key between vaultkv:// and the #'],
    ['a name with an escape that is none', `awskms:///alias/%zz#${blob}`, 'contains a % that is not part of an escape'],
    ['an unknown parameter', `awskms:///alias/app?regoin=x#${blob}`, 'has a parameter that awskms:// does not have'],
    ['a parameter twice', `awskms:///alias/app?region=x&region=y#${blob}`, 'has the same parameter twice'],
    ['a wrapped key that is not base64', 'awskms:///alias/app#not*base64', 'has a wrapped key that is not base64'],
    [
      'a wrapped key of another form',
      `hashivault://app#${blob}`,
      'has a wrapped key that does not begin with vault:v1:, or is not base64 after it',
    ],
    ['no secret', 'vaultkv://secret#x', 'names no secret'],
    ['a version that is none', 'vaultkv://secret/app?version=0#x', 'has a version that is no number'],
  ])('is refused: %s', async (_title, reference, problem) => {
    expect(await refusals(reference, { ...vault.env, AWS_REGION: REGION })).toEqual([`key 2 of ENCRYPTION_KEYS ${problem}`]);
  });
});

describe('Vault', () => {
  const reference = 'vaultkv://secret/app/keys#hex';

  it.each<[title: string, key: () => string, env: () => ToolEnv, problem: string]>([
    [
      'another token',
      () => reference,
      () => ({ VAULT_TOKEN: 'hvs.other' }),
      'Vault does not accept the token, or does not allow it to do this (HTTP 403)',
    ],
    [
      'another namespace',
      () => reference,
      () => ({ VAULT_NAMESPACE: '' }),
      'Vault does not accept the token, or does not allow it to do this (HTTP 403)',
    ],
    ['no such secret', () => 'vaultkv://secret/none#hex', () => ({}), 'Vault has no such secret, or it was deleted (HTTP 404)'],
    [
      'no such field',
      () => 'vaultkv://secret/app/keys#none',
      () => ({}),
      'the secret in Vault has no field of that name (HTTP 200)',
    ],
    [
      'a field that every object has',
      () => 'vaultkv://secret/app/keys#constructor',
      () => ({}),
      'the secret in Vault has no field of that name (HTTP 200)',
    ],
    [
      'a field with 31 bytes',
      () => 'vaultkv://secret/app/keys#short',
      () => ({}),
      'the field in Vault has 62 characters instead of 64',
    ],
    ['a field with a number', () => 'vaultkv://secret/app/keys#number', () => ({}), 'the field in Vault is not a key'],
    ['a field with a reference', () => 'vaultkv://secret/app/keys#reference', () => ({}), 'the field in Vault is not a key'],
    [
      'a key of 31 bytes',
      () => `hashivault://app#${vault.wrap(Buffer.from(short, 'hex'))}`,
      () => ({}),
      'the key that Vault gave has 31 bytes instead of 32',
    ],
    [
      'a damaged key',
      () => `hashivault://app#${vault.wrap(Buffer.from(wrappedHex, 'hex')).slice(0, -8)}`,
      () => ({}),
      'Vault cannot unwrap the key (HTTP 400): another key has wrapped it, or it is damaged, or there is no such key',
    ],
    [
      'another key',
      () => `hashivault://other#${vault.wrap(Buffer.from(wrappedHex, 'hex'))}`,
      () => ({}),
      'Vault cannot unwrap the key (HTTP 400): another key has wrapped it, or it is damaged, or there is no such key',
    ],
    [
      'another engine',
      () => `hashivault://app?engine=team/transit#${vault.wrap(Buffer.from(wrappedHex, 'hex'))}`,
      () => ({}),
      'Vault has no transit engine at that path (HTTP 404)',
    ],
    [
      'nobody there',
      () => reference,
      () => ({ VAULT_ADDR: `http://127.0.0.1:${closed}` }),
      'the server in VAULT_ADDR refused the connection: nothing is listening there (ECONNREFUSED)',
    ],
    [
      'a name that is none',
      () => reference,
      () => ({ VAULT_ADDR: 'https://vault.invalid' }),
      'the server in VAULT_ADDR has a name that cannot be resolved (ENOTFOUND)',
    ],
    [
      'a port that nothing asks',
      () => reference,
      () => ({ VAULT_ADDR: 'http://127.0.0.1:1' }),
      'the server in VAULT_ADDR cannot be asked',
    ],
    [
      'a server that says nothing',
      () => reference,
      () => ({ VAULT_ADDR: `http://127.0.0.1:${silent.port}`, KEY_TIMEOUT_MS: '300' }),
      'Vault did not answer within 0.3 s',
    ],
  ])('is explained: %s', async (_title, key, env, problem) => {
    expect(await refusals(key(), { ...vault.env, ...env() })).toEqual([`key 2 of ENCRYPTION_KEYS: ${problem}`]);
  });

  it.each([
    [503, 'Vault is sealed or being maintained (HTTP 503)'],
    [500, 'Vault failed (HTTP 500)'],
    [429, 'Vault has too many requests at the moment (HTTP 429)'],
    [307, 'the server in VAULT_ADDR redirects (HTTP 307), which is not followed: the token would go elsewhere'],
  ])('is explained when it answers %i', async (status, problem) => {
    const elsewhere = await startHttp(() => ({ status: 200, body: JSON.stringify({ data: { data: { hex: good } } }) }));
    servers.push(elsewhere);
    const VAULT_ADDR = await httpThatAnswers(status, { errors: ['…'] }, { Location: `http://127.0.0.1:${elsewhere.port}/` });
    expect(await refusals(reference, { ...vault.env, VAULT_ADDR })).toEqual([`key 2 of ENCRYPTION_KEYS: ${problem}`]);
    expect(elsewhere.connections()).toBe(0);
  });

  it.each<[title: string, env: ToolEnv, problem: string]>([
    ['no address', { VAULT_ADDR: undefined }, 'VAULT_ADDR is not set'],
    ['no token', { VAULT_TOKEN: undefined }, 'VAULT_TOKEN is not set'],
    ['a token with a newline', { VAULT_TOKEN: `${token}\n` }, 'VAULT_TOKEN is not a token'],
    ['two tokens', { VAULT_TOKEN_FILE: 'token' }, 'VAULT_TOKEN and VAULT_TOKEN_FILE are both set'],
    ['an address that is none', { VAULT_ADDR: 'vault' }, 'VAULT_ADDR is not a url'],
    ['another protocol', { VAULT_ADDR: 'ftp://vault' }, 'VAULT_ADDR does not begin with https://'],
    [
      'an address with a password',
      { VAULT_ADDR: `https://user:${awsSecret}@vault` },
      'VAULT_ADDR has more than a host, a port and a path',
    ],
    [
      'no TLS to another machine',
      { VAULT_ADDR: 'http://10.0.0.5:8200' },
      'VAULT_ADDR would send the token and the key over the network without TLS',
    ],
  ])('is not asked with %s', async (_title, env, problem) => {
    expect(await refusals(reference, { ...vault.env, ...env })).toEqual([problem]);
  });

  it('is asked for two keys at once, and what is wrong with both is said once', async () => {
    expect(await refusals(`${reference} vaultkv://secret/none#x`, { ...vault.env, VAULT_TOKEN: undefined })).toEqual([
      'VAULT_TOKEN is not set',
    ]);
    expect(
      await refusals(`vaultkv://secret/none#x vaultkv://secret/app/keys#none nonsense`, { ...vault.env, DATABASE_URL: 'x' }),
    ).toEqual([
      'key 2 of ENCRYPTION_KEYS: Vault has no such secret, or it was deleted (HTTP 404)',
      'key 3 of ENCRYPTION_KEYS: the secret in Vault has no field of that name (HTTP 200)',
      'key 4 of ENCRYPTION_KEYS contains a character that is not a hex digit (0-9, a-f)',
      expect.stringMatching(/^DATABASE_URL is not a url/u),
    ]);
  });

  it('takes the token from a file', async () => {
    const VAULT_TOKEN_FILE = path.join(workFolder, 'token');
    writeFileSync(VAULT_TOKEN_FILE, `${token}\n`);
    const { stderr } = await runHere(['discover'], {
      ...{ ...vault.env, VAULT_TOKEN: undefined, VAULT_TOKEN_FILE, DATABASE_URL: 'postgresql://app@127.0.0.1:1/app' },
      ENCRYPTION_KEYS: `${wrappedHex} ${reference}`,
    });
    expect(stderr).toMatch(fingerprintLine);
  });
});

describe('AWS KMS', () => {
  const aws = { AWS_REGION: REGION, AWS_ACCESS_KEY_ID: 'AKIATESTTESTTESTTEST', AWS_SECRET_ACCESS_KEY: awsSecret };
  const reference = `awskms:///alias/app#${blob}`;

  it.each([
    ['AccessDeniedException', 'AWS KMS does not allow this identity to use the key, or the key that wrapped it is another'],
    ['DisabledException', 'the key in AWS KMS is disabled'],
    ['KMSInvalidStateException', 'the key in AWS KMS cannot be used in its state: it may be pending deletion'],
    ['NotFoundException', 'there is no such key or alias in AWS KMS, in this region and account'],
    ['IncorrectKeyException', 'another key in AWS KMS has wrapped it'],
    [
      'InvalidCiphertextException',
      'AWS KMS cannot unwrap the key: the encryption context is another, or the wrapped key is damaged or of another key',
    ],
    ['InvalidKeyUsageException', 'the key in AWS KMS is not one that encrypts'],
    ['ExpiredTokenException', 'AWS does not accept the credentials'],
    ['UnrecognizedClientException', 'AWS does not accept the credentials'],
  ])('is explained when it refuses with %s', async (name, problem) => {
    const AWS_ENDPOINT_URL_KMS = await httpThatAnswers(400, { __type: name, message: good });
    expect(await refusals(reference, { ...aws, AWS_ENDPOINT_URL_KMS })).toEqual([
      `key 2 of ENCRYPTION_KEYS: ${problem} (${name})`,
    ]);
  });

  it('is explained when it refuses for a reason that nobody knows', async () => {
    const AWS_ENDPOINT_URL_KMS = await httpThatAnswers(400, { __type: 'NewException', message: good });
    expect(await refusals(reference, { ...aws, AWS_ENDPOINT_URL_KMS })).toEqual([
      'key 2 of ENCRYPTION_KEYS: AWS KMS failed (NewException, HTTP 400)',
    ]);
  });

  it('is not waited for longer than the limit when it never answers', async () => {
    const env = { ...aws, AWS_ENDPOINT_URL_KMS: `http://127.0.0.1:${silent.port}`, KEY_TIMEOUT_MS: '300' };
    expect(await refusals(reference, env)).toEqual(['key 2 of ENCRYPTION_KEYS: AWS KMS did not answer within 0.3 s']);
  });

  it('is explained when nobody listens', async () => {
    expect(await refusals(reference, { ...aws, AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:1' })).toEqual([
      'key 2 of ENCRYPTION_KEYS: the server of AWS KMS refused the connection: nothing is listening there (ECONNREFUSED)',
    ]);
  });

  it('needs credentials', async () => {
    const env = { AWS_REGION: REGION, AWS_PROFILE: 'nobody' };
    expect(await refusals(reference, env)).toEqual([
      'key 2 of ENCRYPTION_KEYS: no AWS credentials were found (CredentialsProviderError)',
    ]);
  });

  describe.skipIf(!hasMoto)('as moto plays it', () => {
    let moto: Moto;
    beforeAll(async () => {
      moto = await startMoto(awsSecret);
      await Promise.all([moto.createKey('alias/app'), moto.createKey('alias/other')]);
    });
    afterAll(() => moto.stop());

    const context = { table: 'user_api_keys', 'a b': 'é&' };
    const query = `context_table=user_api_keys&context_a+b=${encodeURIComponent(context['a b'])}`;

    it('unwraps a key with its encryption context, whose region the reference may name', async () => {
      const wrapped = await moto.wrap('alias/app', Buffer.from(wrappedHex, 'hex'), context);
      for (const name of ['/alias/app', 'alias/app']) {
        const { stderr } = await runHere(['discover'], {
          ...{ ...moto.env, AWS_REGION: undefined, DATABASE_URL: 'postgresql://app@127.0.0.1:1/app' },
          ENCRYPTION_KEYS: `${good} awskms://${name}?region=${REGION}&${query}#${wrapped}`,
        });
        expect(stderr).toMatch(fingerprintLine);
      }
    });

    const ciphertext =
      'AWS KMS cannot unwrap the key: the encryption context is another, or the wrapped key is damaged or of another key (InvalidCiphertextException)';
    it.each<[title: string, name: string, asked: string, cut: number, problem: string]>([
      ['another context', 'alias/app', 'context_table=accounts', 0, ciphertext],
      ['no context', 'alias/app', '', 0, ciphertext],
      ['a truncated key', 'alias/app', query, 40, ciphertext],
      [
        'a name that is none',
        'alias/none',
        query,
        0,
        'there is no such key or alias in AWS KMS, in this region and account (NotFoundException)',
      ],
      [
        'another key',
        'alias/other',
        query,
        0,
        'AWS KMS does not allow this identity to use the key, or the key that wrapped it is another (AccessDeniedException)',
      ],
    ])('refuses %s', async (_title, name, asked, cut, problem) => {
      const wrapped = await moto.wrap('alias/app', Buffer.from(wrappedHex, 'hex'), context);
      const shortened = wrapped.slice(0, wrapped.length - cut);
      expect(await refusals(`awskms:///${name}?${asked}#${shortened}`, moto.env)).toEqual([
        `key 2 of ENCRYPTION_KEYS: ${problem}`,
      ]);
    });

    it('refuses a key of 31 bytes', async () => {
      const wrapped = await moto.wrap('alias/app', Buffer.from(short, 'hex'));
      expect(await refusals(`awskms:///alias/app#${wrapped}`, moto.env)).toEqual([
        'key 2 of ENCRYPTION_KEYS: the key that AWS KMS gave has 31 bytes instead of 32',
      ]);
    });
  });
});

describe('generate-key --in', () => {
  it('makes a key in Vault, unwraps it once, and prints the reference alone', async () => {
    const { code, stdout, stderr } = await runHere(['generate-key', '--in', 'hashivault://app?engine=transit'], vault.env);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^hashivault:\/\/app\?engine=transit#vault:v1:[A-Za-z0-9+/]+=*\n$/u);
    expect(stderr).toMatch(/a new encryption key, wrapped by Vault and unwrapped once, fingerprint [0-9a-f]{16}\n/u);
  });

  it.each<[title: string, place: string, env: ToolEnv, problem: string]>([
    ['no KMS', 'gcpkms://app', {}, '--in does not begin with awskms://, hashivault://, vaultkv://'],
    ['a store that makes no keys', 'vaultkv://secret/app', {}, '--in: vaultkv:// stores keys, but makes none'],
    ['a key that is wrapped already', 'hashivault://app#vault:v1:abcd', {}, '--in has a wrapped key already'],
    ['a key that does not exist', 'hashivault://none', {}, '--in: Vault cannot make a key (HTTP 400)'],
    [
      'no right',
      'hashivault://app',
      { VAULT_TOKEN: 'x' },
      '--in: Vault does not accept the token, or does not allow it to do this (HTTP 403)',
    ],
    ['a limit that is wrong', 'hashivault://app', { KEY_TIMEOUT_MS: 'soon' }, 'KEY_TIMEOUT_MS is not a number of milliseconds'],
  ])('is refused with %s, and prints no reference', async (_title, place, env, problem) => {
    const { code, stdout, stderr } = await runHere(['generate-key', '--in', place], { ...vault.env, ...env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`rotate-encryption-key: error: ${problem}\n`);
  });
});

describe('a signal', () => {
  it('ends the wait for a key, and nothing is connected to', async () => {
    const interruption = new AbortController();
    const { Interrupted } = await import('../../src/report/exit-code.ts');
    const waiting = await startHttp(async () => {
      interruption.abort(new Interrupted('SIGINT'));
      return { status: 200, body: '{}' };
    });
    servers.push(waiting);
    const env = {
      ...vault.env,
      VAULT_ADDR: `http://127.0.0.1:${waiting.port}`,
      ENCRYPTION_KEYS: `${good} vaultkv://secret/app/keys#hex`,
    };
    const url = { DATABASE_URL: `postgresql://app@127.0.0.1:${database.port}/app` };
    const { code, stderr } = await runHere(
      [],
      { ...env, ...url, PATH: process.env['PATH'] },
      false,
      undefined,
      interruption.signal,
    );
    expect(code).toBe(130);
    expect(stderr).toContain('stopped by SIGINT; nothing was written');
    expect(database.connections()).toBe(0);
  });
});
