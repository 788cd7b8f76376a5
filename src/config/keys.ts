import { type EncryptionKey, encryptionKeyProblem, importEncryptionKey } from '../crypto/encryption-key.ts';
import { allOf, refuse } from '../text/problem.ts';
import { type Environment, readVariable } from './environment.ts';

/** What a person calls a key, after the variable that holds it. */
export type KeyName = 'old' | 'new';

const KEY_VARIABLE: Readonly<Record<KeyName, string>> = { old: 'OLD_ENCRYPTION_KEY', new: 'NEW_ENCRYPTION_KEY' };

const HINT: Readonly<Record<KeyName, string>> = {
  old: 'set it to the key that the rows are under now: exactly 64 hex characters',
  new: 'set it to the key to move to: exactly 64 hex characters, as printed by generate-key',
};

/**
 * Reads the key of a variable, or of the file that it names.
 *
 * @throws UsageError, which never quotes the text
 */
export async function readKey(env: Environment, name: KeyName): Promise<EncryptionKey> {
  const text = readVariable(env, KEY_VARIABLE[name], HINT[name]);
  const problem = encryptionKeyProblem(text);
  return problem === null ? importEncryptionKey(text) : refuse(`${KEY_VARIABLE[name]} ${problem}`, HINT[name]);
}

/** @throws UsageError with every problem of the two, or if they are the same */
export async function readBothKeys(env: Environment): Promise<Readonly<Record<KeyName, EncryptionKey>>> {
  const [newKey, oldKey] = await allOf([readKey(env, 'new'), readKey(env, 'old')]);
  if (oldKey.keyObject.equals(newKey.keyObject)) refuse(`${KEY_VARIABLE.old} and ${KEY_VARIABLE.new} are the same`, HINT.new);
  return { old: oldKey, new: newKey };
}
