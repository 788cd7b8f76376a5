import { encryptionKeyProblem, keyBytesProblem, keyWeakness } from '../crypto/encryption-key.ts';

/** What a text stands for: the key itself, or a reference to a source that hands it out. */
export type KeyText =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'reference' }
  /** It has the form of a key, but anybody can guess it. */
  | { readonly kind: 'weak'; readonly problem: string }
  | { readonly kind: 'problem'; readonly problem: string };

/** A scheme that is not one of the notations. */
const REFERENCE = /^(?!base64:|utf8:)([a-z][a-z0-9+.-]*):\/\//iu;
const IN_HEX = /^[0-9a-f]{64}$/iu;

/**
 * Reads a key as a person writes it: 64 hex characters, `base64:` and 32 bytes, `utf8:` and a text of exactly 32 bytes, or a reference.
 *
 * @returns `bytes` that are a usable key, and that the caller overwrites; a problem to be read after the name of the variable, which
 * never quotes the text
 */
export function parseKeyText(text: string): KeyText {
  // U+FFFD, which Node puts in the place of bytes that are not UTF-8: the key would differ from the one in the file.
  if (text.includes('\ufffd')) return { kind: 'problem', problem: 'has bytes that are not UTF-8' };
  if (text.startsWith('base64:')) return parseBase64(text.slice('base64:'.length));
  if (text.startsWith('utf8:')) return usable(Buffer.from(text.slice('utf8:'.length)));
  if (REFERENCE.test(text)) return { kind: 'reference' };
  const problem = encryptionKeyProblem(text);
  return problem === null || IN_HEX.test(text) ? usable(Buffer.from(text, 'hex')) : { kind: 'problem', problem };
}

/** @returns the scheme of a reference, such as `awskms`; null for a key that is written out */
export function schemeOf(text: string): string | null {
  return REFERENCE.exec(text)?.[1] ?? null;
}

function parseBase64(text: string): KeyText {
  const bytes = decodeBase64(text);
  return bytes === null ? { kind: 'problem', problem: 'is not base64 after base64:' } : usable(bytes);
}

function usable(bytes: Buffer): KeyText {
  const problem = keyBytesProblem(bytes);
  if (problem === null) return { kind: 'bytes', bytes };
  const kind = problem === keyWeakness(bytes) ? 'weak' : 'problem';
  bytes.fill(0);
  return { kind, problem };
}

/** @returns the bytes of base64 or base64url, with or without padding; null where Node would skip characters instead of refusing them */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  const standard = text
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replace(/={1,2}$/u, '');
  if (bytes.length > 0 && bytes.toString('base64').replace(/=+$/u, '') === standard) return bytes;
  bytes.fill(0);
  return null;
}
