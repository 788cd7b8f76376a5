import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Interrupted } from '../../src/report/exit-code.ts';
import { newKey } from '../support/application/application.ts';
import { type Loopback, startHttp, startSilent } from '../support/keys/loopback.ts';
import { refusalsOf } from '../support/keys/refusals.ts';
import { startVault, type VaultStub } from '../support/keys/vault-stub.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import { type ToolEnv, workFolder } from '../support/tool/run-tool.ts';

const token = secret(`hvs.${randomBytes(24).toString('base64url')}`);
const good = secret(newKey());
const blob = randomBytes(100).toString('base64');

let database: Loopback;
let vault: VaultStub;
const servers: Loopback[] = [];

beforeAll(async () => {
  [database, vault] = await Promise.all([startSilent(), startVault(token)]);
  servers.push(database, vault.server);
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const refusals = (key: string, env: ToolEnv) => refusalsOf(database, { ENCRYPTION_KEYS: `${good} ${key}`, ...env });

describe('a reference that is malformed', () => {
  it.each([
    ['an unknown scheme', 'gcpkms://projects/p#x', 'does not begin with awskms:// or hashivault:// or vaultkv://'],
    [
      'the url of a database',
      'postgresql://app:hunter2@host/app',
      'does not begin with awskms:// or hashivault:// or vaultkv://',
    ],
    ['no fragment', 'awskms:///alias/app', 'has nothing after the #: the wrapped key belongs there'],
    ['an empty fragment', 'hashivault://app#', 'has nothing after the #: the wrapped key belongs there'],
    ['no field', 'vaultkv://secret/app', 'has nothing after the #: the name of a field belongs there'],
    ['no name', `awskms://?region=x#${blob}`, 'names no key between awskms:// and the #'],
    ['a name with dots', 'vaultkv://secret/../sys/seal#x', 'names no key between vaultkv:// and the #'],
    ['a name with an escape that is none', `awskms:///alias/%zz#${blob}`, 'contains a % that is not part of an escape'],
    ['an unknown parameter', `awskms:///alias/app?regoin=x#${blob}`, 'has a parameter that awskms:// does not know'],
    ['a parameter twice', `awskms:///alias/app?region=x&region=y#${blob}`, 'has the same parameter twice'],
    ['a wrapped key that is not base64', 'awskms:///alias/app#not*base64', 'has a wrapped key that is not base64'],
    [
      'a wrapped key of another form',
      `hashivault://app#${blob}`,
      'has a wrapped key that is not vault:v1: (or a later version) and base64',
    ],
    ['no engine', 'hashivault://app?engine=/#vault:v1:AAAA', 'names no engine after engine='],
    ['an engine with dots', 'hashivault://app?engine=../sys#vault:v1:AAAA', 'names no engine after engine='],
    ['no secret', 'vaultkv://secret#x', 'names no secret'],
    ['a version that is none', 'vaultkv://secret/app?version=0#x', 'has a version that is not a positive whole number'],
  ])('is refused: %s', async (_title, reference, problem) => {
    expect(await refusals(reference, { ...vault.env, AWS_REGION: 'eu-west-1' })).toEqual([`key 2 of ENCRYPTION_KEYS ${problem}`]);
  });
});

describe('a reference in an env file', () => {
  const file = () => path.join(workFolder, 'references.env');
  const verify = (line: string) => {
    writeFileSync(file(), `${line}\n`);
    return runHere(['verify', '--env', file()], { ...vault.env, DATABASE_URL: 'postgresql://app@127.0.0.1:1/app' });
  };
  const reference = () => `hashivault://app#${vault.wrap(Buffer.from(good, 'hex'))}`;

  it('is cut at its # without quotes, which the hint says', async () => {
    const { code, stderr } = await verify(`NEW_ENCRYPTION_KEY=${reference()}`);
    expect(code).toBe(2);
    expect(stderr).toContain('error: NEW_ENCRYPTION_KEY has nothing after the #: the wrapped key belongs there\n');
    expect(stderr).toContain('hint: compare it with the examples in docs/keys.md; in an env file, put the whole value in quotes');
  });

  it('is read in quotes', async () => {
    const { code, stderr } = await verify(`NEW_ENCRYPTION_KEY='${reference()}'`);
    expect(code, stderr).toBe(4);
  });
});

describe('generate-key --in', () => {
  it('makes a key in Vault, unwraps it once, and prints the reference alone', async () => {
    const { code, stdout, stderr } = await runHere(['generate-key', '--in', 'hashivault://app?engine=transit'], vault.env);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^hashivault:\/\/app\?engine=transit#vault:v1:[A-Za-z0-9+/]+=*\n$/u);
    expect(stderr).toMatch(/a new encryption key, wrapped by Vault and unwrapped once as a test, fingerprint [0-9a-f]{16}\n/u);
  });

  it.each<[title: string, place: string, env: ToolEnv, problem: string]>([
    ['no KMS', 'gcpkms://app', {}, '--in does not begin with awskms:// or hashivault:// or vaultkv://'],
    ['a store that makes no keys', 'vaultkv://secret/app', {}, '--in: vaultkv:// stores keys but cannot make them'],
    ['a key that is wrapped already', 'hashivault://app#vault:v1:abcd', {}, '--in already has a wrapped key'],
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
    const { code, stderr } = await runHere([], { ...env, ...url }, false, undefined, interruption.signal);
    expect(code).toBe(130);
    expect(stderr).toContain('stopped by SIGINT; nothing was written');
    expect(database.connections()).toBe(0);
  });
});
