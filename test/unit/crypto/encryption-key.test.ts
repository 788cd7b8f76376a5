import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { parse } from 'dotenv';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  createEncryptionKey,
  encryptionKeyProblem,
  importEncryptionKey,
  keyBytesProblem,
} from '../../../src/crypto/encryption-key.ts';
import { newKey } from '../../support/application/application.ts';

const GOOD = '00112233445566778899aabbccddeeff0123456789abcdef0f1e2d3c4b5a6978';
const NOT_HEX = 'contains a character that is not a hex digit (0-9, a-f)';

const PROBLEMS: [title: string, text: string, problem: string][] = [
  ['nothing', '', 'is empty'],
  ['63 characters', GOOD.slice(1), 'has 63 characters instead of 64'],
  ['65 characters', `${GOOD}0`, 'has 65 characters instead of 64'],
  ['32 characters, which are as many bytes as a key has', GOOD.slice(32), 'has 32 characters instead of 64'],
  ['a space within', `${GOOD.slice(0, 32)} ${GOOD.slice(33)}`, 'contains white space'],
  ['a space before', ` ${GOOD}`, 'contains white space'],
  ['only a space', ' ', 'contains white space'],
  ['a newline behind', `${GOOD}\n`, 'contains white space'],
  ['a tab', `\t${GOOD}`, 'contains white space'],
  ['a no-break space', `${GOOD}\u00a0`, 'contains white space'],
  ['0x before', `0x${GOOD}`, 'begins with 0x'],
  ['0X before', `0X${GOOD.slice(2)}`, 'begins with 0x'],
  ['0x within', `${GOOD.slice(0, 30)}0x${GOOD.slice(32)}`, NOT_HEX],
  ['full-width letters', `${GOOD.slice(0, 62)}ａｂ`, NOT_HEX],
  ['full-width digits', '１２'.repeat(32), NOT_HEX],
  ['a letter behind f', `${GOOD.slice(0, 63)}g`, NOT_HEX],
  ['a letter in front', `g${GOOD.slice(1)}`, NOT_HEX],
  ['quotes', `"${GOOD}"`, NOT_HEX],
  ['base64', Buffer.from(GOOD, 'hex').toString('base64'), NOT_HEX],
  ['all zeros', '0'.repeat(64), 'is one byte repeated 32 times'],
  ['all bytes alike', 'a7'.repeat(32), 'is one byte repeated 32 times'],
  ['all bytes alike in mixed case', 'aBAb'.repeat(16), 'is one byte repeated 32 times'],
];

const SAMPLES = parse(readFileSync(new URL('../../../.env.example', import.meta.url)));

afterEach(() => {
  vi.restoreAllMocks();
});

describe('encryptionKeyProblem', () => {
  it.each(PROBLEMS)('refuses %s', (_title, text, problem) => {
    expect(encryptionKeyProblem(text)).toBe(problem);
  });

  it.each(['OLD_ENCRYPTION_KEY', 'NEW_ENCRYPTION_KEY'])('refuses the sample of %s in .env.example, in either case', (name) => {
    const sample = SAMPLES[name] ?? expect.fail('not in .env.example');
    expect(encryptionKeyProblem(sample)).toBe('is a sample value from the documentation');
    expect(encryptionKeyProblem(sample.toUpperCase())).toBe('is a sample value from the documentation');
  });

  it.each([
    ['lower case', GOOD],
    ['upper case', GOOD.toUpperCase()],
    ['31 bytes alike', `${'00'.repeat(31)}01`],
    ['nibbles that repeat, but not bytes', '0110'.repeat(16)],
  ])('accepts %s', (_title, text) => {
    expect(encryptionKeyProblem(text)).toBeNull();
  });

  it('accepts no text that has anything but 64 hex digits, and quotes none', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 4, maxLength: 70 }), (text) => {
        const problem = encryptionKeyProblem(text);
        expect(problem).not.toBeNull();
        expect(problem).not.toContain(text);
      }),
    );
  });
});

describe('keyBytesProblem', () => {
  it.each([0, 16, 31, 33, 64])('refuses %i bytes', (length) => {
    expect(keyBytesProblem(Buffer.alloc(length, GOOD))).toBe(`has ${length} bytes instead of 32`);
  });

  it('refuses one byte repeated, and the samples of .env.example', () => {
    expect(keyBytesProblem(Buffer.alloc(32, 0xa7))).toBe('is one byte repeated 32 times');
    for (const name of ['OLD_ENCRYPTION_KEY', 'NEW_ENCRYPTION_KEY']) {
      const sample = Buffer.from(SAMPLES[name] ?? '', 'hex');
      expect(keyBytesProblem(sample)).toBe('is a sample value from the documentation');
    }
  });

  it('accepts any other 32 bytes, and leaves them as they are', () => {
    const bytes = Buffer.from(GOOD, 'hex');
    expect(keyBytesProblem(bytes)).toBeNull();
    expect(bytes.toString('hex')).toBe(GOOD);
  });
});

describe('createEncryptionKey', () => {
  it('gives the key that the bytes are, and overwrites them', () => {
    const bytes = Buffer.from(GOOD, 'hex');
    const { keyObject, fingerprint } = createEncryptionKey(bytes);
    expect(keyObject.export().toString('hex')).toBe(GOOD);
    expect(fingerprint).toBe(importEncryptionKey(GOOD).fingerprint);
    expect(bytes).toEqual(Buffer.alloc(32));
  });
});

describe('importEncryptionKey', () => {
  it('gives the key that the text says, in either case', () => {
    expect(importEncryptionKey(GOOD).keyObject.export().toString('hex')).toBe(GOOD);
    expect(importEncryptionKey(GOOD.toUpperCase()).keyObject.export().toString('hex')).toBe(GOOD);
  });

  it('throws what is wrong, without the text', () => {
    expect(() => importEncryptionKey(GOOD.slice(1))).toThrow(new Error('the encryption key has 63 characters instead of 64'));
    expect(() => importEncryptionKey(`${GOOD} `)).toThrow(new Error('the encryption key contains white space'));
  });

  it('names the key by a fingerprint that anybody can compute who has the key', () => {
    const hmac = createHmac('sha256', Buffer.from(GOOD, 'hex')).update('rotate-encryption-key fingerprint v1').digest();
    const { fingerprint } = importEncryptionKey(GOOD);
    expect(fingerprint).toBe(hmac.subarray(0, 8).toString('hex'));
    expect(fingerprint).toBe('880639fb4c63f415');
    expect(importEncryptionKey(GOOD.toUpperCase()).fingerprint).toBe(fingerprint);
  });

  it('gives different keys different fingerprints of 16 hex characters', () => {
    const fingerprints = Array.from({ length: 100 }, () => importEncryptionKey(newKey()).fingerprint);
    expect(new Set(fingerprints).size).toBe(100);
    for (const fingerprint of fingerprints) expect(fingerprint).toMatch(/^[0-9a-f]{16}$/u);
  });

  it('makes a key that shows no byte of itself when it is printed', () => {
    const key = importEncryptionKey(GOOD);
    const forms = [inspect(key, { depth: Infinity, showHidden: true }), JSON.stringify(key), String(key.keyObject), `${key}`];
    const bytes = Buffer.from(GOOD, 'hex');
    for (const shown of forms) {
      for (const secret of [GOOD.slice(0, 16), bytes.toString('base64').slice(0, 16), bytes.toString('latin1'), '0, 17, 34']) {
        expect(shown).not.toContain(secret);
      }
    }
    expect(forms[1]).toBe(JSON.stringify({ fingerprint: key.fingerprint, keyObject: {} }));
  });

  it('leaves no copy of the bytes in the buffer that they were decoded into', () => {
    const from = vi.spyOn(Buffer, 'from');
    importEncryptionKey(GOOD);
    expect(from.mock.results.map(({ value }) => value)).toContainEqual(Buffer.alloc(32));
    expect(from.mock.results.map(({ value }) => Buffer.prototype.toString.call(value, 'hex'))).not.toContain(GOOD);
  });
});
