import { describe, expect, it } from 'vitest';
import type { Environment } from '../../../src/config/environment.ts';
import { readGivenKeys, readRing, readTarget } from '../../../src/config/keys.ts';
import { newKey } from '../../support/application/application.ts';
import { fingerprintOf } from '../../support/keys/fingerprint.ts';
import { problemsOf } from '../commands/given.ts';

const uninterrupted = new AbortController().signal;
const [one, two, three] = [newKey(), newKey(), newKey()];
const text = '0123456789-0123456789-0123456789';

/** @returns the problems of a list, none of which may quote any of it, and each of which has a hint */
async function problemsIn(env: Environment): Promise<readonly string[]> {
  const problems = await problemsOf(readRing(env, uninterrupted));
  for (const { message, hint } of problems) {
    expect(hint).not.toBe('');
    for (const word of (env['ENCRYPTION_KEYS'] ?? '').split(/\s+/u).filter((each) => each.length > 'base64:'.length))
      expect(message + hint).not.toContain(word.replace(/^(base64|utf8):/u, ''));
  }
  return problems.map(({ message }) => message);
}

describe('a key in base64 or text that is malformed', () => {
  it.each(['base64:abc', 'utf8:short'])('is answered with how such a key is written: %s', async (key) => {
    const [problem] = await problemsOf(readRing({ OLD_ENCRYPTION_KEY: key, NEW_ENCRYPTION_KEY: one }, uninterrupted));
    expect(problem?.hint).toContain('32 bytes');
  });
});

describe('a key that anybody can guess', () => {
  it.each(['00'.repeat(32), `base64:${Buffer.alloc(32, 7).toString('base64')}`])(
    'is answered with how to make another: %s',
    async (key) => {
      const problems = await problemsOf(readRing({ ENCRYPTION_KEYS: `${one} ${key}` }, uninterrupted));
      expect(problems).toEqual([
        {
          message: 'key 2 of ENCRYPTION_KEYS is one byte repeated 32 times',
          hint: 'use a random key, such as one that generate-key makes',
        },
      ]);
    },
  );
});

describe('a list of keys', () => {
  it.each([' ', '\n', ' \t\r\n '])('is separated by any white space: %j', async (space) => {
    const given = await readRing({ ENCRYPTION_KEYS: `${space}${[one, two, three].join(space)}${space}` }, uninterrupted);
    expect(given.map(({ name, key }) => [name, key.fingerprint])).toEqual([
      ['first', fingerprintOf(one)],
      ['second', fingerprintOf(two)],
      ['third', fingerprintOf(three)],
    ]);
  });

  it('has keys in every notation', async () => {
    const base64 = Buffer.from(two, 'hex').toString('base64');
    const base64url = Buffer.from(three, 'hex').toString('base64url');
    const given = await readRing(
      { ENCRYPTION_KEYS: [one.toUpperCase(), `base64:${base64}`, `base64:${base64url}`, `utf8:${text}`].join(' ') },
      uninterrupted,
    );
    expect(given.map(({ key }) => key.fingerprint)).toEqual([
      fingerprintOf(one),
      fingerprintOf(two),
      fingerprintOf(three),
      fingerprintOf(Buffer.from(text).toString('hex')),
    ]);
    expect(given[1]?.key.keyObject.export().toString('hex')).toBe(two);
  });

  it('names its keys by their place, however many there are', async () => {
    const keys = Array.from({ length: 23 }, () => newKey()).join(' ');
    const names = (await readRing({ ENCRYPTION_KEYS: keys }, uninterrupted)).map(({ name }) => name);
    expect(names.slice(8)).toEqual([
      ...['ninth', 'tenth', '11th', '12th', '13th', '14th', '15th', '16th', '17th', '18th', '19th', '20th'],
      ...['21st', '22nd', '23rd'],
    ]);
  });

  it.each<[title: string, list: string, problems: readonly string[]]>([
    ['nothing', '', ['ENCRYPTION_KEYS is empty']],
    ['only white space', ' \n', ['ENCRYPTION_KEYS is empty']],
    ['the same key twice', `${one} ${two} ${one}`, ['key 1 and key 3 of ENCRYPTION_KEYS are the same']],
    [
      'the same key in two notations',
      `${one} base64:${Buffer.from(one, 'hex').toString('base64')}`,
      ['key 1 and key 2 of ENCRYPTION_KEYS are the same'],
    ],
    [
      'a key of 31 bytes, and others',
      `${one.slice(2)} base64:${Buffer.alloc(31, 'ab').toString('base64')} utf8:${text.slice(1)} ${two}`,
      [
        'key 1 of ENCRYPTION_KEYS has 62 characters instead of 64',
        'key 2 of ENCRYPTION_KEYS has 31 bytes instead of 32',
        'key 3 of ENCRYPTION_KEYS has 31 bytes instead of 32',
      ],
    ],
    [
      'a text of 32 characters, but 33 bytes',
      `${one} utf8:é${text.slice(1)}`,
      ['key 2 of ENCRYPTION_KEYS has 33 bytes instead of 32'],
    ],
    [
      'a text that was made of bytes that are not UTF-8',
      `${one} utf8:${text.slice(3)}\ufffd`,
      ['key 2 of ENCRYPTION_KEYS has bytes that are not UTF-8'],
    ],
    ['a notation without a key', `${one} utf8:`, ['key 2 of ENCRYPTION_KEYS has 0 bytes instead of 32']],
    [
      'what is not base64',
      `base64: base64:${'ä'.repeat(43)} base64:${'a'.repeat(42)}!= base64:${'a'.repeat(42)}b=`,
      [1, 2, 3, 4].map((position) => `key ${position} of ENCRYPTION_KEYS is not base64 after base64:`),
    ],
    [
      'weak keys and the sample in every notation',
      [
        '7'.repeat(64),
        `base64:${Buffer.alloc(32, 7).toString('base64')}`,
        `utf8:${'x'.repeat(32)}`,
        `base64:${Buffer.from('0123456789abcdef'.repeat(4), 'hex').toString('base64')}`,
      ].join(' '),
      [
        ...[1, 2, 3].map((position) => `key ${position} of ENCRYPTION_KEYS is one byte repeated 32 times`),
        'key 4 of ENCRYPTION_KEYS is a sample value from the documentation',
      ],
    ],
  ])('is refused with %s, by position, without its text', async (_title, list, problems) => {
    expect(await problemsIn({ ENCRYPTION_KEYS: list })).toEqual(problems);
  });

  it.each([
    ['ENCRYPTION_KEYS', 'OLD_ENCRYPTION_KEY'],
    ['ENCRYPTION_KEYS_FILE', 'NEW_ENCRYPTION_KEY'],
    ['ENCRYPTION_KEYS', 'NEW_ENCRYPTION_KEY_FILE'],
    ['ENCRYPTION_KEYS_COMMAND', 'OLD_ENCRYPTION_KEY_COMMAND'],
  ])('is refused as %s beside %s', async (list, other) => {
    const env = { [list]: one, [other]: two };
    for (const read of [readRing, readTarget, readGivenKeys]) {
      expect(await problemsOf(read(env, uninterrupted))).toEqual([
        { message: `${list} and ${other} are both set`, hint: `use one form: unset ${other}, or unset ${list}` },
      ]);
    }
  });

  it.each(['ENCRYPTION_KEYS', 'NEW_ENCRYPTION_KEY'])('is refused if %s is set in two ways', async (variable) => {
    const env = { [variable]: one, [`${variable}_COMMAND`]: '["true"]' };
    expect((await problemsOf(readTarget(env, uninterrupted))).map(({ message }) => message)).toEqual([
      `${variable} and ${variable}_COMMAND are both set`,
    ]);
  });

  it('gives the first alone to a verification, whatever the others are', async () => {
    for (const list of [one, `${one} nonsense`]) {
      const { name, key } = await readTarget({ ENCRYPTION_KEYS: list }, uninterrupted);
      expect([name, key.fingerprint]).toEqual(['first', fingerprintOf(one)]);
    }
  });

  it('gives all to a search, for which one is enough', async () => {
    const names = async (list: string) => (await readGivenKeys({ ENCRYPTION_KEYS: list }, uninterrupted)).map(({ name }) => name);
    expect(await names(one)).toEqual(['first']);
    expect(await names(`${one} ${two}`)).toEqual(['first', 'second']);
  });

  it('is refused along with a limit that is wrong', async () => {
    const problems = await problemsIn({ ENCRYPTION_KEYS: `${one} nonsense`, KEY_TIMEOUT_MS: '0' });
    expect(problems).toEqual([
      'key 2 of ENCRYPTION_KEYS contains a character that is not a hex digit (0-9, a-f)',
      'KEY_TIMEOUT_MS is less than 1',
    ]);
  });
});

describe('a variable with one key', () => {
  it.each([
    ['base64', `base64:${Buffer.from(one, 'hex').toString('base64')}`, Buffer.from(one, 'hex')],
    ['text', `utf8:${text}`, Buffer.from(text)],
    ['text with white space', `utf8:${text.replaceAll('-', ' ')}`, Buffer.from(text.replaceAll('-', ' '))],
  ])('may hold %s', async (_title, value, bytes) => {
    const { key } = await readTarget({ NEW_ENCRYPTION_KEY: value }, uninterrupted);
    expect(key.keyObject.export()).toEqual(bytes);
  });
});
