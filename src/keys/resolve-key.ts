import { createEncryptionKey, type EncryptionKey } from '../crypto/encryption-key.ts';
import { refuse } from '../text/problem.ts';
import type { KeyContext } from './key-source.ts';
import { parseKeyText } from './key-text.ts';

/**
 * Turns a key as a person writes it into an encryption key, and asks the source that it refers to, if it does.
 *
 * @param label - names the variable, and the position in it, in messages
 * @param hint - what to write instead, if the text is no key
 * @throws UsageError, which never quotes the text; the reason of the interruption
 */
export async function resolveKey(text: string, label: string, hint: string, context: KeyContext): Promise<EncryptionKey> {
  const parsed = parseKeyText(text);
  switch (parsed.kind) {
    case 'bytes':
      return createEncryptionKey(parsed.bytes);
    case 'problem':
      return refuse(`${label} ${parsed.problem}`, hint);
    case 'reference':
      return (await import('./unwrap.ts')).unwrap(text, label, context);
    default:
      return parsed satisfies never;
  }
}
