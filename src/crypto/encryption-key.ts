import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** An AES-256 key that is in memory only as a KeyObject: printing it, or turning it into JSON, shows no key bytes. */
export interface EncryptionKey {
  /** 16 hex characters that name the key, the same in every run, and safe to print. */
  readonly fingerprint: string;
  readonly keyObject: KeyObject;
}

const KEY_BYTES = 32;
const KEY_HEX_CHARACTERS = 64;
const FINGERPRINT_LABEL = 'rotate-encryption-key fingerprint v1';

/** The values that `.env.example` shows: anybody can read them, so they are no keys. */
const SAMPLE_KEYS = ['0123456789abcdef', 'fedcba9876543210'].map((half) => Buffer.from(half.repeat(4), 'hex'));

/**
 * Says what keeps `text` from being an encryption key, never quoting it.
 *
 * @param text - the candidate, expected to be exactly 64 hex characters (32 bytes)
 * @returns the problem, to be read after the name of the variable; null where the text is a usable key
 */
export function encryptionKeyProblem(text: string): string | null {
  if (text === '') return 'is empty';
  if (/\s/u.test(text)) return 'contains white space';
  if (/^0x/iu.test(text)) return 'begins with 0x';
  if (!/^[0-9a-f]*$/iu.test(text)) return 'contains a character that is not a hex digit (0-9, a-f)';
  if (text.length !== KEY_HEX_CHARACTERS) return `has ${text.length} characters instead of ${KEY_HEX_CHARACTERS}`;
  const bytes = Buffer.from(text, 'hex');
  const problem = keyBytesProblem(bytes);
  bytes.fill(0);
  return problem;
}

/**
 * The same for bytes, however they were written.
 *
 * @returns the problem, to be read after the name of the variable; null where the bytes are a usable key
 */
export function keyBytesProblem(bytes: Buffer): string | null {
  return bytes.length === KEY_BYTES ? keyWeakness(bytes) : `has ${bytes.length} bytes instead of ${KEY_BYTES}`;
}

/** @returns why anybody can guess a key of the right length; null if it may be random */
export function keyWeakness(bytes: Buffer): string | null {
  if (bytes.every((byte) => byte === bytes[0])) return 'is one byte repeated 32 times';
  if (SAMPLE_KEYS.some((sample) => sample.equals(bytes))) return 'is a sample value from the documentation';
  return null;
}

/**
 * Turns 64 hex characters into an encryption key.
 *
 * @param hex - 64 hex characters
 * @throws Error where `encryptionKeyProblem` finds a problem; the message does not quote the text
 */
export function importEncryptionKey(hex: string): EncryptionKey {
  const problem = encryptionKeyProblem(hex);
  if (problem !== null) throw new Error(`the encryption key ${problem}`);
  return createEncryptionKey(Buffer.from(hex, 'hex'));
}

/**
 * Turns 32 bytes into an encryption key, and overwrites them.
 *
 * The fingerprint is HMAC-SHA256(key, fixed label), cut to 8 bytes. It is never the encryption of a zero block,
 * because in GCM that is the hash key H (SP 800-38D, section 6.4).
 *
 * @param bytes - in which `keyBytesProblem` finds no problem
 */
export function createEncryptionKey(bytes: Buffer): EncryptionKey {
  const keyObject = createSecretKey(bytes);
  bytes.fill(0);
  const fingerprint = createHmac('sha256', keyObject).update(FINGERPRINT_LABEL).digest('hex').slice(0, 16);
  return { fingerprint, keyObject };
}

/** @returns a copy of the 32 bytes of a key, for its escrow: the caller overwrites it */
export function exportKeyBytes({ keyObject }: EncryptionKey): Uint8Array {
  const exported = keyObject.export();
  const bytes = Uint8Array.from(exported);
  exported.fill(0);
  return bytes;
}
