import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { open, seal } from '../../../src/crypto/aes-256-gcm.ts';
import { importEncryptionKey } from '../../../src/crypto/encryption-key.ts';
import { type EncryptedText, Keyring } from '../../../src/keyring/keyring.ts';
import { decrypt, encrypt, newKey } from '../../support/application/application.ts';
import { fingerprintOf } from '../../support/keys/fingerprint.ts';

const [one, two, three] = [newKey(), newKey(), newKey()];
const keyring = Keyring.parse(`${one} ${two}`);
const REFUSED = new Error('the value cannot be decrypted');

/** Any text that UTF-8 can hold, of a few characters of every width. */
const text = fc.string({ unit: 'binary' });

const toBytes = ({ iv, content, tag }: EncryptedText) => ({
  iv: Buffer.from(iv, 'hex'),
  content: Buffer.from(content, 'hex'),
  tag: Buffer.from(tag, 'hex'),
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the keyring', () => {
  it('is one file that needs node:crypto alone, of less than 100 lines', () => {
    const source = readFileSync(new URL('../../../src/keyring/keyring.ts', import.meta.url), 'utf8');
    expect([...source.matchAll(/\b(?:from|import|require)\s*\(?\s*'([^']+)'/gu)].map(([, name]) => name)).toEqual([
      'node:crypto',
    ]);
    expect(source.split('\n').length).toBeLessThan(100);
  });

  it('shows nothing of its keys when it is printed or copied', () => {
    const fingerprints = [fingerprintOf(one), fingerprintOf(two)];
    const shown = [inspect(keyring, { depth: Infinity, showHidden: true }), JSON.stringify(keyring), `${keyring}`];
    for (const form of [...shown, inspect({ ...keyring }), inspect(structuredClone(keyring))]) {
      for (const key of [one, two]) {
        for (const encoding of ['hex', 'base64', 'latin1'] as const)
          expect(form).not.toContain(Buffer.from(key, 'hex').toString(encoding).slice(0, 16));
      }
    }
    expect(shown[1]).toBe(JSON.stringify({ fingerprints }));
  });

  it('leaves no copy of a key or a plaintext in the buffers that it made', () => {
    const row = encrypt(two, 'a secret text');
    const list = `${one} base64:${Buffer.from(two, 'hex').toString('base64')} utf8:${'ä'.repeat(15)}xy`;
    const made = vi.spyOn(Buffer, 'from');
    const overwritten = vi.spyOn(Buffer.prototype, 'fill');
    const ring = Keyring.parse(list);
    ring.encrypt('a secret text');
    ring.decrypt(row);
    const left = made.mock.results.map(({ value }) => Buffer.prototype.toString.call(value, 'hex'));
    expect(left.filter((hex) => hex === '00'.repeat(32))).toHaveLength(3);
    for (const hidden of [one, two, Buffer.from('a secret text').toString('hex'), 'c3a4']) {
      expect(left.filter((hex) => hex.includes(hidden))).toEqual([]);
    }
    // What the wrong key makes of the value, and what the right one does.
    const zeros = overwritten.mock.contexts.slice(-2).map((buffer) => (Buffer.isBuffer(buffer) ? buffer.toString('hex') : ''));
    expect(zeros).toEqual(['00', '00'].map((zero) => zero.repeat('a secret text'.length)));
  });
});

describe('encrypt', () => {
  it('uses the first key, a fresh iv of 12 bytes and a tag of 16, and names the key', () => {
    const rows = Array.from({ length: 100 }, () => keyring.encrypt('the same text'));
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(['iv', 'content', 'tag', 'keyId']);
      expect(row.iv).toMatch(/^[0-9a-f]{24}$/u);
      expect(row.tag).toMatch(/^[0-9a-f]{32}$/u);
      expect(row.keyId).toBe(fingerprintOf(one));
      expect(decrypt(one, row)?.toString()).toBe('the same text');
    }
    expect(new Set(rows.map(({ iv }) => iv)).size).toBe(100);
  });

  it('writes what the core opens, bound to the same associated data, for any text', () => {
    const key = importEncryptionKey(one);
    fc.assert(
      fc.property(text, text, (plaintext, aad) => {
        const row = keyring.encrypt(plaintext, { aad });
        expect(open(key, toBytes(row), Buffer.from(aad))?.toString()).toBe(plaintext);
        expect(keyring.decrypt(row, { aad })).toBe(plaintext);
      }),
    );
  });

  it('refuses a text that would come back changed', () => {
    for (const broken of ['\ud800', 'a\udc00b', '\udc00\ud800']) {
      expect(() => keyring.encrypt(broken)).toThrow(new Error('the text to encrypt has half of a surrogate pair'));
    }
    expect(keyring.decrypt(keyring.encrypt('\u{1f511}'))).toBe('\u{1f511}');
  });
});

describe('decrypt', () => {
  const row = { ...encrypt(one, 'a text', 12), keyId: fingerprintOf(one) };

  it('reads what the core seals with any of the keys, under either length of iv, in either case', () => {
    fc.assert(
      fc.property(
        text,
        text,
        fc.constantFrom(one, two),
        fc.constantFrom(12, 16),
        fc.boolean(),
        (plaintext, aad, key, iv, upper) => {
          const sealed = seal(importEncryptionKey(key), Buffer.from(plaintext), iv, Buffer.from(aad));
          const hex = (bytes: Buffer) => (upper ? bytes.toString('hex').toUpperCase() : bytes.toString('hex'));
          const stored = { iv: hex(sealed.iv), content: hex(sealed.content), tag: hex(sealed.tag) };
          expect(keyring.decrypt(stored, { aad })).toBe(plaintext);
        },
      ),
    );
  });

  it.each<[whose: string, keyId: string | null | undefined]>([
    ['the key', fingerprintOf(two)],
    ['another key of the list', fingerprintOf(one)],
    ['a key that is not in the list', fingerprintOf(three)],
    ['nothing', ''],
    ['null', null],
    ['undefined', undefined],
    ['a property that every object has', 'constructor'],
  ])('reads a value whose keyId names %s', (_whose, keyId) => {
    const stored = { ...encrypt(two, 'a text'), ...(keyId === undefined ? {} : { keyId }) };
    expect(keyring.decrypt(stored)).toBe('a text');
  });

  it('tries the key that keyId names before the others', () => {
    const many = Keyring.parse(Array.from({ length: 2000 }, newKey).concat(two).join(' '));
    const tries = vi.spyOn(Buffer, 'from');
    many.decrypt({ ...encrypt(two, 'a text'), keyId: fingerprintOf(two) });
    expect(tries.mock.calls.length).toBeLessThan(20);
  });

  it('refuses a value of another key', () => {
    expect(() => keyring.decrypt({ ...encrypt(three, 'a text'), keyId: fingerprintOf(three) })).toThrow(REFUSED);
  });

  it('refuses other associated data, none, and some where there was none', () => {
    const bound = keyring.encrypt('a text', { aad: 'user 1' });
    for (const aad of ['user 2', 'user 1 ', 'User 1']) expect(() => keyring.decrypt(bound, { aad })).toThrow(REFUSED);
    expect(() => keyring.decrypt(bound)).toThrow(REFUSED);
    expect(() => keyring.decrypt(row, { aad: 'user 1' })).toThrow(REFUSED);
    expect(keyring.decrypt(row, { aad: '' })).toBe('a text');
  });

  it('refuses a tag of any other length than 16 bytes, though its bytes are right', () => {
    for (let bytes = 0; bytes < 16; bytes += 1) {
      expect(() => keyring.decrypt({ ...row, tag: row.tag.slice(0, 2 * bytes) })).toThrow(REFUSED);
    }
    expect(() => keyring.decrypt({ ...row, tag: `${row.tag}00` })).toThrow(REFUSED);
  });

  it('refuses an iv of any other length than 12 or 16 bytes', () => {
    for (const bytes of [0, 1, 8, 11, 13, 15, 17, 32]) {
      expect(() => keyring.decrypt({ ...row, iv: 'ab'.repeat(bytes) })).toThrow(REFUSED);
    }
  });

  it('refuses every change of one bit', () => {
    for (const part of ['iv', 'content', 'tag'] as const) {
      const bytes = Buffer.from(row[part], 'hex');
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const changed = Buffer.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(() => keyring.decrypt({ ...row, [part]: changed.toString('hex') })).toThrow(REFUSED);
      }
    }
  });

  it.each<[what: string, change: (hex: string) => unknown]>([
    ['null', () => null],
    ['missing', () => undefined],
    ['a number', () => 12],
    ['bytes', (hex) => Buffer.from(hex, 'hex')],
    ['a list', (hex) => [hex]],
    ['a digit short', (hex) => hex.slice(1)],
    ['followed by a digit', (hex) => `${hex}0`],
    ['followed by a line break', (hex) => `${hex}\n`],
    ['followed by what Node drops', (hex) => `${hex}zz`],
    ['within what Node reads as hex', (hex) => hex.replace(/^./u, '\uff11')],
    ['base64', (hex) => Buffer.from(hex, 'hex').toString('base64')],
  ])('refuses a part that is %s', (_what, change) => {
    for (const part of ['iv', 'content', 'tag'] as const) {
      expect(() => keyring.decrypt({ ...row, [part]: change(row[part]) })).toThrow(REFUSED);
    }
  });

  it('refuses a row whose parts are all null', () => {
    const none: unknown = { iv: null, content: null, tag: null, keyId: null };
    expect(() => keyring.decrypt(none as EncryptedText)).toThrow(REFUSED);
  });
});
