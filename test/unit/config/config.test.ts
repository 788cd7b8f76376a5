import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readDatabase } from '../../../src/config/database.ts';
import { type Environment, withEnvFile } from '../../../src/config/environment.ts';
import { readRing, readTarget } from '../../../src/config/keys.ts';
import { allOf, UsageError } from '../../../src/text/problem.ts';
import { newKey } from '../../support/application/application.ts';

const OLD = newKey();
const NEW = newKey();
const ENV = { OLD_ENCRYPTION_KEY: OLD, NEW_ENCRYPTION_KEY: NEW, DATABASE_URL: 'postgres://user:hunter2@host/name' };
const uninterrupted = new AbortController().signal;
const folder = mkdtempSync(path.join(tmpdir(), 'config-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const at = path.join(folder, name);
  writeFileSync(at, content);
  return at;
}

/** As a rotation reads it. */
function configOf(env: Environment) {
  return allOf([readRing(env, uninterrupted), readDatabase(env)]);
}

async function problems(env: Environment): Promise<string[]> {
  try {
    await configOf(env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const shown = JSON.stringify([error.problems, error.message]);
    for (const secret of [OLD, NEW, 'hunter2']) expect(shown).not.toContain(secret);
    for (const { hint } of error.problems) expect(hint).not.toBe('');
    return error.problems.map(({ message }) => message);
  }
  return [];
}

describe('the configuration', () => {
  it('has both keys and the database', async () => {
    const [keys, database] = await configOf(ENV);
    expect(database).toMatchObject({ host: 'host', name: 'name', connectTimeoutMs: 10_000, statementTimeoutMs: 60_000 });
    expect(keys[1]?.key.keyObject.export().toString('hex')).toBe(OLD);
    expect(keys[0].key.keyObject.export().toString('hex')).toBe(NEW);
  });

  it('is read piece by piece: one key needs no other, and the database none', async () => {
    const { OLD_ENCRYPTION_KEY: _old, ...withoutOld } = ENV;
    for (const env of [withoutOld, { ...ENV, OLD_ENCRYPTION_KEY: 'nonsense' }]) {
      expect((await readTarget(env, uninterrupted)).key.keyObject.export().toString('hex')).toBe(NEW);
    }
    expect(await readDatabase({ DATABASE_URL: ENV.DATABASE_URL })).toMatchObject({ host: 'host' });
  });

  it.each<[title: string, change: Environment, expected: string[]]>([
    [
      'no variable',
      { OLD_ENCRYPTION_KEY: undefined, NEW_ENCRYPTION_KEY: undefined, DATABASE_URL: undefined },
      ['NEW_ENCRYPTION_KEY is not set', 'OLD_ENCRYPTION_KEY is not set', 'DATABASE_URL is not set'],
    ],
    ['an empty key', { OLD_ENCRYPTION_KEY: '' }, ['OLD_ENCRYPTION_KEY is empty']],
    ['a short key', { NEW_ENCRYPTION_KEY: NEW.slice(1) }, ['NEW_ENCRYPTION_KEY has 63 characters instead of 64']],
    ['a long key', { OLD_ENCRYPTION_KEY: `${OLD}0` }, ['OLD_ENCRYPTION_KEY has 65 characters instead of 64']],
    ['equal keys', { OLD_ENCRYPTION_KEY: NEW }, ['OLD_ENCRYPTION_KEY and NEW_ENCRYPTION_KEY are the same']],
    [
      'equal keys in another case',
      { OLD_ENCRYPTION_KEY: NEW.toUpperCase() },
      ['OLD_ENCRYPTION_KEY and NEW_ENCRYPTION_KEY are the same'],
    ],
    [
      'a url of another database',
      { DATABASE_URL: 'mysql://user:hunter2@h/d' },
      ['DATABASE_URL does not begin with postgresql:// or postgres://'],
    ],
    [
      'everything wrong at once',
      { OLD_ENCRYPTION_KEY: `0x${OLD}`, NEW_ENCRYPTION_KEY: '0'.repeat(64), DATABASE_URL: 'hunter2' },
      [
        'NEW_ENCRYPTION_KEY is one byte repeated 32 times',
        'OLD_ENCRYPTION_KEY begins with 0x',
        'DATABASE_URL is not a url (check host and port; in the password, write @ : / ? # as %40 %3A %2F %3F %23)',
      ],
    ],
    [
      'a missing key beside a wrong one',
      { OLD_ENCRYPTION_KEY: undefined, NEW_ENCRYPTION_KEY: ' ' },
      ['NEW_ENCRYPTION_KEY contains white space', 'OLD_ENCRYPTION_KEY is not set'],
    ],
    [
      'a wait that is no number',
      { DATABASE_CONNECT_TIMEOUT_MS: 'soon' },
      ['DATABASE_CONNECT_TIMEOUT_MS is not a number of milliseconds'],
    ],
    ['a wait of nothing', { DATABASE_STATEMENT_TIMEOUT_MS: '0' }, ['DATABASE_STATEMENT_TIMEOUT_MS is less than 1']],
    [
      'a wait of half a millisecond',
      { DATABASE_STATEMENT_TIMEOUT_MS: '1.5' },
      ['DATABASE_STATEMENT_TIMEOUT_MS is not a whole number'],
    ],
    [
      'a wait of more than an hour',
      { DATABASE_CONNECT_TIMEOUT_MS: '3600001' },
      ['DATABASE_CONNECT_TIMEOUT_MS is more than an hour'],
    ],
  ])('with %s names every problem and quotes none', async (_title, change, expected) => {
    expect(await problems({ ...ENV, ...change })).toEqual(expected);
  });
});

describe('a key in a file', () => {
  const { OLD_ENCRYPTION_KEY: _old, ...env } = ENV;

  it.each(['', '\n', '\r\n'])('may end with one newline: %j', async (end) => {
    const [keys] = await configOf({ ...env, OLD_ENCRYPTION_KEY_FILE: file('key', OLD + end) });
    expect(keys[1]?.key.keyObject.export().toString('hex')).toBe(OLD);
  });

  it.each<[title: string, files: () => Environment, expected: string]>([
    [
      'beside the variable',
      () => ({ ...ENV, OLD_ENCRYPTION_KEY_FILE: file('key', OLD) }),
      'OLD_ENCRYPTION_KEY and OLD_ENCRYPTION_KEY_FILE are both set',
    ],
    ['without a name', () => ({ ...env, OLD_ENCRYPTION_KEY_FILE: '' }), 'OLD_ENCRYPTION_KEY_FILE is empty'],
    [
      'that does not exist',
      () => ({ ...env, OLD_ENCRYPTION_KEY_FILE: path.join(folder, 'none') }),
      'the file that OLD_ENCRYPTION_KEY_FILE names does not exist',
    ],
    [
      'that is empty',
      () => ({ ...env, OLD_ENCRYPTION_KEY_FILE: file('empty', '') }),
      'the file that OLD_ENCRYPTION_KEY_FILE names is empty',
    ],
    [
      'with two newlines',
      () => ({ ...env, OLD_ENCRYPTION_KEY_FILE: file('two', `${OLD}\n\n`) }),
      'the file that OLD_ENCRYPTION_KEY_FILE names contains white space',
    ],
    [
      'that is far too large',
      () => ({ ...env, OLD_ENCRYPTION_KEY_FILE: file('large', '0'.repeat(65_537)) }),
      'the file that OLD_ENCRYPTION_KEY_FILE names is larger than 65536 bytes',
    ],
    [
      'that is a directory',
      () => {
        mkdirSync(path.join(folder, 'directory'), { recursive: true });
        return { ...env, OLD_ENCRYPTION_KEY_FILE: path.join(folder, 'directory') };
      },
      'the file that OLD_ENCRYPTION_KEY_FILE names is a directory',
    ],
    [
      'with the other key',
      () => ({ ...env, OLD_ENCRYPTION_KEY_FILE: file('other', `${NEW}\n`) }),
      'OLD_ENCRYPTION_KEY and NEW_ENCRYPTION_KEY are the same',
    ],
  ])('%s is refused', async (_title, files, expected) => {
    expect(await problems(files())).toEqual([expected]);
  });
});

describe('the env file', () => {
  it('sets what is not set yet, and leaves the rest alone', () => {
    const env = withEnvFile({ A: 'set', B: '' }, file('some.env', 'A=file\nB=file\nC=file\n'));
    expect(env).toEqual({ A: 'set', B: '', C: 'file' });
  });

  it.each<[title: string, name: string, problem: string]>([
    ['does not exist', path.join(folder, 'none.env'), 'does not exist'],
    ['is a directory', folder, 'is a directory'],
    ['is a device', '/dev/zero', 'is not a regular file'],
    ['has a name that a terminal would act on', path.join(folder, '\u001b[2J'), 'does not exist'],
  ])('is refused if it is named and %s', (_title, name, problem) => {
    const read = () => withEnvFile({}, name);
    expect(read).toThrow(UsageError);
    expect(read).toThrow(`the env file ${name.replace('\u001b', '\\u{1b}')} ${problem}`);
  });
});
