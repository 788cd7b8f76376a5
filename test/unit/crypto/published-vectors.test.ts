import { createSecretKey } from 'node:crypto';
import { gcm } from '@noble/ciphers/aes.js';
import { describe, expect, it } from 'vitest';
import { open } from '../../../src/crypto/aes-256-gcm.ts';
import { toBytes } from './bytes.ts';

const zeros = (bytes: number) => '00'.repeat(bytes);
const SPEC_KEY = 'feffe9928665731c6d6a8f9467308308'.repeat(2);
const SPEC_IV = 'cafebabefacedbaddecaf888';
const SPEC_PLAINTEXT =
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255';
const SPEC_CONTENT =
  '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad';

// McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", appendix B, and NIST CAVP, gcmEncryptExtIV256.rsp: 256-bit keys,
// 96-bit ivs, 128-bit tags, no associated data.
const VECTORS = [
  {
    name: 'GCM specification, test case 13',
    key: zeros(32),
    iv: zeros(12),
    plaintext: '',
    content: '',
    tag: '530f8afbc74536b9a963b4f1c4cb738b',
  },
  {
    name: 'GCM specification, test case 14',
    key: zeros(32),
    iv: zeros(12),
    plaintext: zeros(16),
    content: 'cea7403d4d606b6e074ec5d3baf39d18',
    tag: 'd0d1c8a799996bf0265b98b5d48ab919',
  },
  {
    name: 'GCM specification, test case 15',
    key: SPEC_KEY,
    iv: SPEC_IV,
    plaintext: SPEC_PLAINTEXT,
    content: SPEC_CONTENT,
    tag: 'b094dac5d93471bdec1a502270e3cc6c',
  },
  {
    name: 'NIST CAVP, 0 bits of plaintext, count 0',
    key: 'b52c505a37d78eda5dd34f20c22540ea1b58963cf8e5bf8ffa85f9f2492505b4',
    iv: '516c33929df5a3284ff463d7',
    plaintext: '',
    content: '',
    tag: 'bdc1ac884d332457a1d2664f168c76f0',
  },
  {
    name: 'NIST CAVP, 128 bits of plaintext, count 0',
    key: '31bdadd96698c204aa9ce1448ea94ae1fb4a9a0b3c9d773b51bb1822666b8f22',
    iv: '0d18e06c7c725ac9e362e1ce',
    plaintext: '2db5168e932556f8089a0622981d017d',
    content: 'fa4362189661d163fcd6a56d8bf0405a',
    tag: 'd636ac1bbedd5cc3ee727dc2ab4a9489',
  },
];

/** Not through importEncryptionKey, which refuses the all-zero key of the specification. */
const keyOf = (hex: string) => ({ fingerprint: '', keyObject: createSecretKey(Buffer.from(hex, 'hex')) });

describe('published AES-256-GCM test cases', () => {
  it.each(VECTORS)('$name opens to its plaintext', ({ key, plaintext, ...value }) => {
    expect(open(keyOf(key), toBytes(value), null)?.toString('hex')).toBe(plaintext);
  });

  it.each(VECTORS)('$name is typed in correctly: @noble/ciphers encrypts to the same', ({ key, iv, plaintext, content, tag }) => {
    const sealed = gcm(Buffer.from(key, 'hex'), Buffer.from(iv, 'hex')).encrypt(Buffer.from(plaintext, 'hex'));
    expect(Buffer.from(sealed).toString('hex')).toBe(content + tag);
  });

  it('GCM specification, test case 16, opens with its associated data, and not without it', () => {
    const value = { iv: SPEC_IV, content: SPEC_CONTENT.slice(0, 120), tag: '76fc6ece0f4e1768cddf8853bb2d551b' };
    const associated = Buffer.from('feedfacedeadbeeffeedfacedeadbeefabaddad2', 'hex');
    const sealed = gcm(Buffer.from(SPEC_KEY, 'hex'), Buffer.from(SPEC_IV, 'hex'), associated).encrypt(
      Buffer.from(SPEC_PLAINTEXT.slice(0, 120), 'hex'),
    );
    expect(Buffer.from(sealed).toString('hex')).toBe(value.content + value.tag);
    expect(open(keyOf(SPEC_KEY), toBytes(value), null)).toBeNull();
    expect(open(keyOf(SPEC_KEY), toBytes(value), associated)?.toString('hex')).toBe(SPEC_PLAINTEXT.slice(0, 120));
  });
});
