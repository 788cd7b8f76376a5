import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parse } from 'dotenv';
import { describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runTool, startTool, type ToolEnv, workFolder } from '../support/tool/run-tool.ts';

const oldKey = secret(newKey());
const freshKey = secret(newKey());
const password = secret('a-password-to-leak');
const url = `postgresql://operator:${password}@127.0.0.1:1/app`;
const good = { OLD_ENCRYPTION_KEY: oldKey, NEW_ENCRYPTION_KEY: freshKey, DATABASE_URL: url };
const sample = parse(readFileSync(path.join(import.meta.dirname, '..', '..', '.env.example')));

const inFolder = (name: string) => path.join(workFolder, name);
writeFileSync(inFolder('key'), `${oldKey}\n`);
writeFileSync(inFolder('two-newlines'), `${oldKey}\n\n`);
writeFileSync(inFolder('empty'), '');
mkdirSync(inFolder('folder'));
const keyOf63 = secret(newKey().slice(1));
const keyOf65 = secret(`${newKey()}a`);

type Case = readonly [problem: string, args: readonly string[], env: ToolEnv, messages: readonly string[]];

const refusals: Case[] = [
  ['the old key missing', [], { ...good, OLD_ENCRYPTION_KEY: undefined }, ['OLD_ENCRYPTION_KEY is not set']],
  ['the new key missing', [], { ...good, NEW_ENCRYPTION_KEY: undefined }, ['NEW_ENCRYPTION_KEY is not set']],
  ['an empty key', [], { ...good, NEW_ENCRYPTION_KEY: '' }, ['NEW_ENCRYPTION_KEY is empty']],
  [
    'a key of 63 characters',
    [],
    { ...good, OLD_ENCRYPTION_KEY: keyOf63 },
    ['OLD_ENCRYPTION_KEY has 63 characters instead of 64'],
  ],
  [
    'a key of 65 characters',
    [],
    { ...good, OLD_ENCRYPTION_KEY: keyOf65 },
    ['OLD_ENCRYPTION_KEY has 65 characters instead of 64'],
  ],
  ['a key with a space', [], { ...good, NEW_ENCRYPTION_KEY: ` ${freshKey}` }, ['NEW_ENCRYPTION_KEY contains white space']],
  ['a key with a newline', [], { ...good, NEW_ENCRYPTION_KEY: `${freshKey}\n` }, ['NEW_ENCRYPTION_KEY contains white space']],
  ['a key with 0x', [], { ...good, NEW_ENCRYPTION_KEY: `0x${freshKey}` }, ['NEW_ENCRYPTION_KEY begins with 0x']],
  [
    'a key in full-width letters',
    [],
    { ...good, NEW_ENCRYPTION_KEY: 'ａ'.repeat(64) },
    ['NEW_ENCRYPTION_KEY contains a character that is not a hex digit'],
  ],
  ['a key of zeros', [], { ...good, NEW_ENCRYPTION_KEY: '0'.repeat(64) }, ['NEW_ENCRYPTION_KEY is one byte repeated 32 times']],
  [
    'equal keys',
    [],
    { ...good, NEW_ENCRYPTION_KEY: oldKey.toUpperCase() },
    ['OLD_ENCRYPTION_KEY and NEW_ENCRYPTION_KEY are the same'],
  ],
  [
    'the keys of .env.example',
    [],
    { ...good, ...sample },
    ['OLD_ENCRYPTION_KEY is a sample value', 'NEW_ENCRYPTION_KEY is a sample value'],
  ],
  [
    'a key and its file',
    [],
    { ...good, OLD_ENCRYPTION_KEY_FILE: inFolder('key') },
    ['OLD_ENCRYPTION_KEY and OLD_ENCRYPTION_KEY_FILE are both set'],
  ],
  ['a missing file', [], fileCase('nowhere'), ['the file that OLD_ENCRYPTION_KEY_FILE names does not exist']],
  ['an empty file', [], fileCase('empty'), ['the file that OLD_ENCRYPTION_KEY_FILE names is empty']],
  ['a directory', [], fileCase('folder'), ['the file that OLD_ENCRYPTION_KEY_FILE names is a directory']],
  [
    'a file with two newlines',
    [],
    fileCase('two-newlines'),
    ['the file that OLD_ENCRYPTION_KEY_FILE names contains white space'],
  ],
  ['no url', [], { ...good, DATABASE_URL: undefined }, ['DATABASE_URL is not set']],
  ['an empty url', [], { ...good, DATABASE_URL: '' }, ['DATABASE_URL is empty']],
  ['a url that is none', [], { ...good, DATABASE_URL: password }, ['DATABASE_URL is not a url']],
  [
    'mysql',
    [],
    { ...good, DATABASE_URL: url.replace('postgresql', 'mysql') },
    ['DATABASE_URL does not begin with postgresql://'],
  ],
  ['a url without a database', [], { ...good, DATABASE_URL: url.replace('/app', '/') }, ['DATABASE_URL names no database']],
  ['a url without a host', [], { ...good, DATABASE_URL: `postgresql:///app` }, ['DATABASE_URL names no host']],
  ['a url without a user', [], { ...good, DATABASE_URL: 'postgresql://127.0.0.1/app' }, ['DATABASE_URL names no user']],
  [
    'a slash in the password',
    [],
    { ...good, DATABASE_URL: `postgresql://operator:12/${password}@127.0.0.1/app` },
    ['DATABASE_URL has an unescaped / # or @'],
  ],
  ['a bad limit', [], { ...good, DATABASE_CONNECT_TIMEOUT_MS: 'soon' }, ['DATABASE_CONNECT_TIMEOUT_MS is not a number']],
  ['everything missing', [], {}, ['OLD_ENCRYPTION_KEY is not set', 'NEW_ENCRYPTION_KEY is not set', 'DATABASE_URL is not set']],
  ['an unknown command', ['rotat'], good, ['unknown command rotat']],
  ['an unknown flag', ['--dryrun'], good, ['unknown option --dryrun for rotate']],
  ['a key as a flag', [`--old-key=${oldKey}`], good, ['unknown option --old-key for rotate']],
  ['a key as a word', [oldKey], good, ['unexpected word on the command line']],
  ['a url as a word', ['verify', url], good, ['unexpected word on the command line']],
  ['--dry-run with verify', ['verify', '--dry-run'], good, ['unknown option --dry-run for verify']],
  ['--quiet with --verbose', ['--quiet', '--verbose'], good, ['--quiet and --verbose contradict each other']],
  ['no batch', ['--batch-size', '0'], good, ['--batch-size is not a whole number from 1 to 5000']],
  ['too large a batch', ['--batch-size=5001'], good, ['--batch-size is not a whole number from 1 to 5000']],
  ['half a batch', ['--batch-size=2.5'], good, ['--batch-size is not a whole number from 1 to 5000']],
  ['an env file that nothing needs', ['generate-key', '--env', 'none.env'], {}, ['--env is of use only with --in']],
  ['a flag without its value', ['--env'], good, ['option --env needs a value']],
];

/** Root reads every file, unless it gives these capabilities up. */
const keptOut = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];
const canBeKeptOut = keptOut.length === 0 || spawnSync('setpriv', [...keptOut.slice(1), 'true']).status === 0;

function fileCase(name: string): ToolEnv {
  return { ...good, OLD_ENCRYPTION_KEY: undefined, OLD_ENCRYPTION_KEY_FILE: inFolder(name) };
}

describe('bad input', () => {
  it.concurrent.each(refusals)('is refused with exit code 2 and a hint: %s', async (_problem, args, env, messages) => {
    const { code, stdout, stderr } = await runTool(args, env);
    const errors = stderr.split('\n').filter((line) => line.startsWith('rotate-encryption-key: error: '));
    const hints = stderr.split('\n').filter((line) => line.startsWith('rotate-encryption-key: hint: '));
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(errors.length).toBe(messages.length);
    expect(hints.length).toBe(messages.length);
    for (const message of messages) expect(stderr).toContain(`error: ${message}`);
  });

  it.skipIf(!canBeKeptOut)('includes a file that may not be read', async () => {
    writeFileSync(inFolder('unreadable'), oldKey);
    chmodSync(inFolder('unreadable'), 0o000);
    const { code, stderr } = await startTool([], fileCase('unreadable'), undefined, keptOut).end;
    expect(code).toBe(2);
    expect(stderr).toContain('cannot be read: permission denied');
  });
});

describe('an env file that cannot be read', () => {
  it.each([
    ['nowhere.env', 'the env file nowhere.env does not exist'],
    ['.', 'the env file . is a directory'],
  ])('is refused with exit code 2: %s', async (file, message) => {
    const { code, stdout, stderr } = await runTool(['--env', file], good);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('good input', () => {
  it('may come from files with one newline at the end', async () => {
    writeFileSync(inFolder('url'), `${url}\n`);
    const { code, stderr } = await runTool([], {
      ...fileCase('key'),
      DATABASE_URL: undefined,
      DATABASE_URL_FILE: inFolder('url'),
    });
    expect(stderr).toContain('nothing is listening on 127.0.0.1:1');
    expect(code).toBe(4);
  });

  it('may come from an env file, but the environment wins', async () => {
    writeFileSync(inFolder('some.env'), `OLD_ENCRYPTION_KEY=${oldKey}\nNEW_ENCRYPTION_KEY=${oldKey}\nDATABASE_URL=${url}\n`);
    const { code, stderr } = await runTool(['--env', 'some.env'], { NEW_ENCRYPTION_KEY: freshKey });
    expect(stderr).toContain('nothing is listening on 127.0.0.1:1');
    expect(code).toBe(4);
  });
});

describe('help', () => {
  it('names every option, fits 80 columns, and goes to stdout', async () => {
    const { code, stdout, stderr } = await runTool(['rotate', '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const option of [
      '--dry-run',
      '--rollback',
      '--skip-unreadable',
      '--batch-size',
      '--json',
      '--verbose',
      '--quiet',
      '--env',
    ]) {
      expect(stdout).toContain(option);
    }
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    const { stdout: list } = await runTool(['--help']);
    for (const command of ['rotate', 'verify', 'restore FILE', 'generate-key']) expect(list).toContain(`\n  ${command} `);
    expect(list.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('is in the README, word for word', async () => {
    const readme = readFileSync(path.join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
    expect(readme).toContain(`\`\`\`\n${(await runTool(['--help'])).stdout}\`\`\``);
  });

  it('includes the version of package.json', async () => {
    const { version } = JSON.parse(readFileSync(path.join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'));
    expect(await runTool(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});
