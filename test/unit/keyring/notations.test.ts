import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEncryptionKey } from '../../../src/crypto/encryption-key.ts';
import { Keyring } from '../../../src/keyring/keyring.ts';
import { parseKeyText } from '../../../src/keys/key-text.ts';
import { newKey } from '../../support/application/application.ts';
import { fingerprintOf } from '../../support/keys/fingerprint.ts';

const [one, two, three] = [newKey(), newKey(), newKey()];
const bytesOf = (hex: string) => Buffer.from(hex, 'hex');

/** @returns the fingerprints of a list; null if it is refused */
function parsed(text: string): readonly string[] | null {
  try {
    return Keyring.parse(text).fingerprints;
  } catch {
    return null;
  }
}

/** @returns what the tool reads from a text without white space, as the keyring would say it */
function readByCore(text: string): readonly string[] | null {
  const key = parseKeyText(text);
  return key.kind === 'bytes' ? [createEncryptionKey(key.bytes).fingerprint] : null;
}

/** @returns what is said of a list that is refused */
function problemOf(text: string): string {
  try {
    Keyring.parse(text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return expect.fail('it was accepted');
}

/** Texts that are keys, or nearly: cut, doubled, with a character replaced, in other alphabets. */
const bytes = fc.uint8Array({ minLength: 30, maxLength: 34 }).map((each) => Buffer.from(each));
const exact = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((each) => Buffer.from(each));
const notation = fc
  .oneof(exact, exact, bytes)
  .chain((key) =>
    fc.constantFrom(
      key.toString('hex'),
      key.toString('hex').toUpperCase(),
      `base64:${key.toString('base64')}`,
      `base64:${key.toString('base64').replace(/=+$/u, '')}`,
      `base64:${key.toString('base64').replace(/=+$/u, '')}==`,
      `base64:${key.toString('base64')}=`,
      `base64:${key.toString('base64url')}`,
      `utf8:${key.toString('latin1')}`,
      `utf8:${key.toString('utf8')}`,
      `utf8:${key.toString('hex').slice(0, 32)}`,
      `utf8:${'ä€\u{1f511}'.repeat(4).slice(0, 12)}${key.toString('hex').slice(0, 4)}`,
      `0x${key.toString('hex')}`,
      `BASE64:${key.toString('base64')}`,
      `awskms:///alias/app#${key.toString('base64')}`,
      key.toString('base64'),
    ),
  );
const damaged = fc
  .tuple(
    notation,
    fc.nat(80),
    fc.constantFrom('', '=', '-', '_', '+', '/', '.', '\u017f', '\u212a', 'g', '0', '\uff10', ':', '\ufffd'),
  )
  .map(([text, at, character]) => text.slice(0, at) + character + text.slice(at + 1));
const withoutSpace = fc
  .oneof(notation, damaged, fc.string({ unit: 'binary', maxLength: 70 }))
  .map((text) => text.replace(/\s/gu, ''));

describe('the notations of a key', () => {
  it('are those of the tool: the same keys with the same fingerprints, and the same refusals', () => {
    let accepted = 0;
    fc.assert(
      fc.property(
        withoutSpace.filter((text) => text !== ''),
        (text) => {
          const fingerprints = readByCore(text);
          expect(parsed(text)).toEqual(fingerprints);
          if (fingerprints !== null) accepted += 1;
        },
      ),
      { numRuns: 5000 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  it('are those of the tool for base64 with every last character, of which most have bits that no byte holds', () => {
    const start = `base64:${bytesOf(one).toString('base64').slice(0, 42)}`;
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_';
    const answers = [...letters].map((letter) => parsed(`${start}${letter}=`));
    expect(answers).toEqual([...letters].map((letter) => readByCore(`${start}${letter}=`)));
    expect(answers.filter((each) => each !== null)).toHaveLength(16);
  });

  it('include base64 that begins as a reference does', () => {
    const key = Buffer.concat([Buffer.from([0xff, 0xff]), bytesOf(one).subarray(2)]);
    const text = `base64:${key.toString('base64')}`;
    expect(text).toMatch(/^base64:\/\//u);
    expect(parsed(text)).toEqual([fingerprintOf(key.toString('hex'))]);
  });

  it('exclude a text in which Node has replaced bytes', () => {
    const text = `utf8:${'\ufffd'.repeat(10)}ab`;
    expect(readByCore(text)).toBeNull();
    expect(parsed(text)).toBeNull();
  });

  it('exclude keys that anybody can guess', () => {
    for (const key of ['00'.repeat(32), 'aBAb'.repeat(16), '0123456789abcdef'.repeat(4), 'FEDCBA9876543210'.repeat(4)]) {
      for (const text of [key, `base64:${bytesOf(key).toString('base64')}`]) {
        expect(readByCore(text)).toBeNull();
        expect(problemOf(`${one} ${text}`)).toBe('the encryption keys cannot be used: key 2 is easy to guess');
      }
    }
    expect(problemOf(`utf8:${'x'.repeat(32)}`)).toBe('the encryption keys cannot be used: key 1 is easy to guess');
  });
});

describe('a list of keys', () => {
  it.each([' ', '\n', ' \t\r\n '])('keeps its order, and is separated by any white space: %j', (space) => {
    const base64 = `base64:${bytesOf(two).toString('base64')}`;
    expect(parsed(`${space}${[one, base64, three].join(space)}${space}`)).toEqual([one, two, three].map(fingerprintOf));
  });

  it.each<[title: string, list: string, problem: string]>([
    ['nothing', '', 'no encryption key is given'],
    ['only white space', ' \n', 'no encryption key is given'],
    ['the same key twice', `${one} ${two} ${one}`, 'an encryption key is given twice'],
    ['the same key in two notations', `${one} base64:${bytesOf(one).toString('base64')}`, 'an encryption key is given twice'],
    [
      'a reference',
      `${one} awskms:///alias/app#AQID`,
      'the encryption keys cannot be used: key 2 is a reference: pass the key that it stands for',
    ],
    [
      'several problems, and a good key between them',
      `${one.slice(1)} ${two} hashivault://app#vault:v1:x ${'00'.repeat(32)}`,
      'the encryption keys cannot be used: key 1 is neither 64 hex characters, nor base64: or utf8: and 32 bytes; key 3 is a reference: pass the key that it stands for; key 4 is easy to guess',
    ],
  ])('is refused: %s', (_title, list, problem) => {
    expect(problemOf(list)).toBe(problem);
  });

  it('is never quoted when it is refused', () => {
    fc.assert(
      fc.property(fc.array(withoutSpace, { maxLength: 4 }), (words) => {
        const list = ['x', ...words].join(' ');
        const problem = problemOf(list);
        for (const word of words.filter((each) => each.length > 12)) {
          expect(problem).not.toContain(word);
          expect(problem).not.toContain(word.replace(/^(?:base64|utf8):/u, ''));
        }
      }),
    );
  });
});
