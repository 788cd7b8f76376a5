import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runTool, type ToolEnv } from '../support/tool/run-tool.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'loaded-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** @returns the files that a run loads, as V8 counts them */
async function filesLoadedBy(name: string, args: readonly string[], env: ToolEnv = {}): Promise<string[]> {
  const NODE_V8_COVERAGE = path.join(folder, name);
  const { stderr } = await runTool(args, { ...env, NODE_V8_COVERAGE });
  expect(stderr).not.toContain('a bug');
  const urls = readdirSync(NODE_V8_COVERAGE).flatMap((file) => {
    const { result } = JSON.parse(readFileSync(path.join(NODE_V8_COVERAGE, file), 'utf8'));
    return result.map(({ url }: { readonly url: string }) => url);
  });
  expect(urls.some((url) => url.includes('/src/main.ts'))).toBe(true);
  return urls;
}

/** @returns the files of src/keys and the packages of AWS among them, without those that read a text */
async function sourcesLoadedBy(name: string, args: readonly string[], env: ToolEnv = {}): Promise<string[]> {
  const urls = await filesLoadedBy(name, args, env);
  const found = urls.flatMap((url) => /\/(?:src\/keys|node_modules\/@aws-sdk)\/([^/?]+)/u.exec(url)?.[1] ?? []);
  return [...new Set(found)].filter((file) => !READERS.includes(file)).sort();
}

/** They tell a key from a reference, and load nothing else. */
const READERS = ['key-text.ts', 'resolve-key.ts'];

const [oldKey, freshKey] = [secret(newKey()), secret(newKey())];
const hex = { OLD_ENCRYPTION_KEY: oldKey, NEW_ENCRYPTION_KEY: freshKey, DATABASE_URL: 'postgresql://app@127.0.0.1:1/app' };
const { NEW_ENCRYPTION_KEY: _key, ...others } = hex;

describe('the sources of keys', () => {
  it.each<[name: string, args: readonly string[], env?: ToolEnv]>([
    ['help', ['--help']],
    ['generate-key', ['generate-key']],
    ['verify', ['verify'], hex],
    ['rotate', [], hex],
  ])('are not loaded by %s with keys in hex', async (name, args, env) => {
    expect(await sourcesLoadedBy(name, args, env)).toEqual([]);
  });

  it('are loaded one by one, as a key names them', async () => {
    const of = (name: string, env: ToolEnv) => sourcesLoadedBy(name, ['verify'], { ...others, ...env });
    expect(await of('command', { NEW_ENCRYPTION_KEY_COMMAND: '["true"]' })).toEqual([
      'command.ts',
      'node-debug.ts',
      'run-program.ts',
      'within-limit.ts',
    ]);
    expect(await of('kv', { NEW_ENCRYPTION_KEY: 'vaultkv://secret/app#x' })).toEqual([
      ...[
        'in-the-clear.ts',
        'network-problem.ts',
        'node-debug.ts',
        'reference.ts',
        'unwrap.ts',
        'vault-engine.ts',
        'vault-kv.ts',
        'vault.ts',
        'within-limit.ts',
      ],
    ]);
    const AWS = { NEW_ENCRYPTION_KEY: 'awskms:///alias/app#AQID', AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:1', AWS_REGION: 'x' };
    expect(await of('aws', AWS)).toEqual(expect.arrayContaining(['aws-kms.ts', 'aws-problem.ts', 'client-kms']));
  });
});

describe('what escrow needs', () => {
  /** @returns the packages of escrow that a run loads, and the folder src/escrow if it does */
  async function escrowLoadedBy(name: string, args: readonly string[], env: ToolEnv = {}): Promise<string[]> {
    const urls = await filesLoadedBy(name, args, env);
    const found = urls.flatMap(
      (url) => /\/(?:src|node_modules)\/(escrow|age-encryption|shamir-secret-sharing|@noble)\//u.exec(url)?.[1] ?? [],
    );
    return [...new Set(found)].sort();
  }

  it.each<[name: string, args: readonly string[], env?: ToolEnv]>([
    ['help', ['--help']],
    ['generate-key', ['generate-key']],
    ['verify', ['verify'], hex],
    ['rotate', [], hex],
  ])('is not loaded by %s', async (name, args, env) => {
    expect(await escrowLoadedBy(`escrow-${name}`, args, env)).toEqual([]);
  });

  it('is loaded package by package, as a share needs it', async () => {
    const encrypted = path.join(folder, 'share.age');
    const identity = path.join(folder, 'me.txt');
    writeFileSync(encrypted, '-----BEGIN AGE ENCRYPTED FILE-----\n');
    writeFileSync(identity, '# nobody\n');
    expect(await escrowLoadedBy('check', ['escrow', 'check', encrypted])).toEqual(['escrow']);
    expect(await escrowLoadedBy('recover', ['escrow', 'recover', encrypted])).toEqual(['escrow', 'shamir-secret-sharing']);
    expect(await escrowLoadedBy('check-age', ['escrow', 'check', encrypted, '--identity', identity])).toEqual(
      expect.arrayContaining(['age-encryption', 'escrow']),
    );
  });
});

describe('a rotation', () => {
  /** What takes long to load, by what shows it: fetch is a part of Node, and loads its http2. */
  const HEAVY =
    /\/node_modules\/(?:zod|cli-progress|@prisma)\/|\/src\/(?:backup\/backup-writer|report\/report-schema)\.ts|^node:http2$/u;

  it.each<[name: string, args: readonly string[]]>([
    ['rotate', []],
    ['verify', ['verify']],
  ])('loads nothing that it does not use: %s', async (name, args) => {
    const urls = await filesLoadedBy(`light-${name}`, args, hex);
    expect(urls.some((url) => url.includes('/node_modules/pg/'))).toBe(true);
    expect(urls.filter((url) => HEAVY.test(url))).toEqual([]);
  });

  it('loads zod when it reads a backup: the test above would see it', async () => {
    const backup = path.join(folder, 'none.backup');
    writeFileSync(backup, '{}\n');
    const urls = await filesLoadedBy('restore', ['restore', backup], hex);
    expect(urls.some((url) => url.includes('/node_modules/zod/'))).toBe(true);
  });
});
