import { createEncryptionKey, type EncryptionKey, keyBytesProblem } from '../crypto/encryption-key.ts';
import { type Problem, refuse } from '../text/problem.ts';
import type { KeyContext, KeySource } from './key-source.ts';
import { parseKeyText } from './key-text.ts';
import type { Reference, Scheme } from './reference.ts';
import { withinLimit } from './within-limit.ts';

/** What a source is called in messages. */
export const SOURCE_NAME: Readonly<Record<Scheme, string>> = { awskms: 'AWS KMS', hashivault: 'Vault', vaultkv: 'Vault' };

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
      return unwrap(parsed.reference, label, context);
    default:
      return parsed satisfies never;
  }
}

async function unwrap(reference: Reference, label: string, context: KeyContext): Promise<EncryptionKey> {
  const name = SOURCE_NAME[reference.scheme];
  const source = await loadSource(reference.scheme);
  const bytes = await withinLimit(context, lateOf(label, name), (signal) => source.unwrap({ reference, label, context, signal }));
  const problem = keyBytesProblem(bytes);
  if (problem === null) return createEncryptionKey(bytes);
  bytes.fill(0);
  return refuse(
    `${label}: the key that ${name} gave ${problem}`,
    'wrap a key of 32 random bytes, such as one that generate-key --in makes',
  );
}

/** @returns what to say of a source that does not answer */
export function lateOf(label: string, name: string): (seconds: number) => Problem {
  return (seconds) => ({
    message: `${label}: ${name} did not answer within ${seconds} s`,
    hint: 'check that it can be reached from this machine, or set KEY_TIMEOUT_MS to give it more time',
  });
}

/** A source is loaded only if a key names it. */
export async function loadSource(scheme: Scheme): Promise<KeySource> {
  switch (scheme) {
    case 'awskms':
      return (await import('./aws-kms.ts')).awsKms;
    case 'hashivault':
      return (await import('./vault-transit.ts')).vaultTransit;
    case 'vaultkv':
      return (await import('./vault-kv.ts')).vaultKv;
    default:
      return scheme satisfies never;
  }
}
