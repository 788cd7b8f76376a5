import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';

/** An encrypted value as its columns hold it: iv (12 bytes), content and tag (16 bytes) in hex, and the fingerprint of its key. */
export type EncryptedText = Readonly<Record<'iv' | 'content' | 'tag' | 'keyId', string>>;
/** What can be decrypted: the iv may also have 16 bytes, and the key need not be known. */
export type StoredText = Omit<EncryptedText, 'keyId'> & { readonly keyId?: string | null };

const OPTIONS = { authTagLength: 16 };
const LABEL = 'rotate-encryption-key fingerprint v1';
/** The values that the documentation of rotate-encryption-key shows. */
const SAMPLES = ['0123456789abcdef', 'fedcba9876543210'].map((half) => Buffer.from(half.repeat(4), 'hex'));

const fingerprintOf = (key: KeyObject) => createHmac('sha256', key).update(LABEL).digest('hex').slice(0, 16);
const isHex = (text: unknown) => typeof text === 'string' && /^(?:[0-9a-f]{2})*$/iu.test(text);

/** AES-256-GCM keys in the order of ENCRYPTION_KEYS: the first encrypts, all decrypt. Printing it shows fingerprints alone. */
export class Keyring {
  /** 16 hex characters for each key, in the order of the list. */
  readonly fingerprints: readonly [string, ...string[]];
  readonly #keys: readonly [KeyObject, ...KeyObject[]];

  private constructor(first: KeyObject, others: readonly KeyObject[]) {
    this.fingerprints = [fingerprintOf(first), ...others.map(fingerprintOf)];
    this.#keys = [first, ...others];
  }

  /**
   * @param text - keys separated by white space: each 64 hex characters, `base64:` and 32 bytes, or `utf8:` and a text of 32 bytes
   * @throws Error with every problem: a key is malformed, easy to guess, a reference, or given twice. It quotes nothing of `text`
   */
  static parse(text: string): Keyring {
    const read = text.split(/\s+/u).flatMap((each) => (each === '' ? [] : [readKey(each)]));
    const problems = read.flatMap((each, index) => (typeof each === 'string' ? [`key ${index + 1} ${each}`] : []));
    const [first, ...others] = read.filter((each) => typeof each !== 'string');
    if (problems.length > 0) throw new Error(`the encryption keys cannot be used: ${problems.join('; ')}`);
    if (first === undefined) throw new Error('no encryption key is given');
    const keyring = new Keyring(first, others);
    if (new Set(keyring.fingerprints).size < read.length) throw new Error('an encryption key is given twice');
    return keyring;
  }

  /**
   * Encrypts with the first key, under a random iv.
   *
   * @param aad - associated data, which the tag vouches for as well: decrypting takes the same
   * @throws Error if the text has half of a surrogate pair, which UTF-8 cannot hold
   */
  encrypt(text: string, { aad = '' }: { readonly aad?: string } = {}): EncryptedText {
    if (/\p{Surrogate}/u.test(text)) throw new Error('the text to encrypt has half of a surrogate pair');
    const [iv, plaintext] = [randomBytes(12), Buffer.from(text)];
    const cipher = createCipheriv('aes-256-gcm', this.#keys[0], iv, OPTIONS).setAAD(Buffer.from(aad));
    const content = Buffer.concat([cipher.update(plaintext), cipher.final()]).toString('hex');
    plaintext.fill(0);
    return { iv: iv.toString('hex'), content, tag: cipher.getAuthTag().toString('hex'), keyId: this.fingerprints[0] };
  }

  /**
   * Decrypts with the key that `keyId` names, or else with any of the others.
   *
   * @throws Error, always the same one: a missing key, a damaged value and wrong associated data cannot be told apart
   */
  decrypt({ iv, content, tag, keyId }: StoredText, { aad = '' }: { readonly aad?: string } = {}): string {
    const isValue = [iv, content, tag].every(isHex) && [24, 32].includes(iv.length) && tag.length === 32;
    const named = this.#keys.filter((_, index) => this.fingerprints[index] === keyId);
    for (const key of isValue ? new Set([...named, ...this.#keys]) : []) {
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'hex'), OPTIONS).setAAD(Buffer.from(aad));
      const plaintext = decipher.setAuthTag(Buffer.from(tag, 'hex')).update(Buffer.from(content, 'hex'));
      try {
        decipher.final();
        return plaintext.toString();
      } catch {
        // Another key may be the right one.
      } finally {
        plaintext.fill(0);
      }
    }
    throw new Error('the value cannot be decrypted');
  }
}

/** @returns the key; or what is wrong with it, to be read after its place in the list */
function readKey(text: string): KeyObject | string {
  if (/^(?!base64:|utf8:)[a-z][a-z0-9+.-]*:\/\//iu.test(text)) return 'is a reference: pass the key that it stands for';
  const bytes = decode(text);
  const isWeak = bytes.every((byte) => byte === bytes[0]) || SAMPLES.some((sample) => sample.equals(bytes));
  const problem =
    bytes.length === 32 ? isWeak && 'is easy to guess' : 'is neither 64 hex characters, nor base64: or utf8: and 32 bytes';
  const key = problem || createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

/** @returns 32 bytes; any other number if the text is malformed. U+FFFD is what Node makes of bytes that are not UTF-8 */
function decode(text: string): Buffer {
  if (/^[0-9a-f]{64}$/iu.test(text)) return Buffer.from(text, 'hex');
  if (/^base64:[\w+/-]{42}[AEIMQUYcgkosw048]={0,2}$/u.test(text)) return Buffer.from(text.slice('base64:'.length), 'base64');
  return Buffer.from(/^utf8:[^\ufffd]*$/u.exec(text)?.[0].slice('utf8:'.length) ?? '');
}
