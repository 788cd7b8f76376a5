import { createEncryptionKey, type EncryptionKey, keyBytesProblem } from '../crypto/encryption-key.ts';
import { type Problem, refuse } from '../text/problem.ts';
import type { KeyContext, KeySource } from './key-source.ts';
import { refuseIfStreamsArePrinted } from './node-debug.ts';
import { parseReference, type Scheme } from './reference.ts';
import { withinLimit } from './within-limit.ts';

/** What a source is called in messages. */
export const SOURCE_NAME: Readonly<Record<Scheme, string>> = { awskms: 'AWS KMS', hashivault: 'Vault', vaultkv: 'Vault' };

const HINT =
  'compare it with the examples in docs/keys.md; in an env file, put the whole value in quotes: a # begins a comment there';

/**
 * Asks the source that a reference names for its key.
 *
 * @throws UsageError, which never quotes the text; the reason of the interruption
 */
export async function unwrap(text: string, label: string, context: KeyContext): Promise<EncryptionKey> {
  const parsed = parseReference(text);
  if (parsed.kind === 'problem') return refuse(`${label} ${parsed.problem}`, HINT);
  refuseIfStreamsArePrinted(label, context);
  const { reference } = parsed;
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
