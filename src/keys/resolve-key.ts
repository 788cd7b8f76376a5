import { createEncryptionKey, type EncryptionKey } from '../crypto/encryption-key.ts';
import { refuse } from '../text/problem.ts';
import type { KeyContext } from './key-source.ts';
import { parseKeyText } from './key-text.ts';

const NOTATION_HINT = 'base64: is followed by 32 bytes in base64, utf8: by a text of exactly 32 bytes (docs/keys.md)';

/**
 * Turns a key as a person writes it into an encryption key, and asks the source that it refers to, if it does.
 *
 * @param label - names the variable, and the position in it, in messages
 * @param hint - what to write instead, if the text is neither a key nor a reference
 * @throws UsageError, which never quotes the text; the reason of the interruption
 */
export async function resolveKey(text: string, label: string, hint: string, context: KeyContext): Promise<EncryptionKey> {
  const parsed = parseKeyText(text);
  switch (parsed.kind) {
    case 'bytes':
      return createEncryptionKey(parsed.bytes);
    case 'weak':
      return refuse(`${label} ${parsed.problem}`, 'use a random key, such as one that generate-key makes');
    case 'problem':
      return refuse(`${label} ${parsed.problem}`, /^(base64|utf8):/u.test(text) ? NOTATION_HINT : hint);
    case 'reference':
      return (await import('./unwrap.ts')).unwrap(text, label, context);
    default:
      return parsed satisfies never;
  }
}
