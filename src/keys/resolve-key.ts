import { createEncryptionKey, type EncryptionKey } from '../crypto/encryption-key.ts';
import { refuse } from '../text/problem.ts';
import { parseKeyText } from './key-text.ts';

/**
 * Turns a key as a person writes it into an encryption key.
 *
 * @param label - names the variable, and the position in it, in messages
 * @param hint - what to write instead, if the text is no key
 * @throws UsageError, which never quotes the text
 */
export async function resolveKey(text: string, label: string, hint: string): Promise<EncryptionKey> {
  const parsed = parseKeyText(text);
  switch (parsed.kind) {
    case 'bytes':
      return createEncryptionKey(parsed.bytes);
    case 'problem':
      return refuse(`${label} ${parsed.problem}`, hint);
    default:
      return parsed satisfies never;
  }
}
