import type { Environment } from '../../config/environment.ts';
import { type KeyName, readKey } from '../../config/keys.ts';
import type { EncryptionKey } from '../../crypto/encryption-key.ts';
import { allOf, refuse } from '../../text/problem.ts';

export interface GivenKey {
  readonly name: KeyName;
  readonly key: EncryptionKey;
}

const VARIABLES: Readonly<Record<KeyName, string>> = { old: 'OLD_ENCRYPTION_KEY', new: 'NEW_ENCRYPTION_KEY' };

/**
 * Reads the keys that are set: one is enough to search with.
 *
 * @throws UsageError if none is set, or one is malformed
 */
export async function readGivenKeys(env: Environment): Promise<readonly GivenKey[]> {
  const names = (['old', 'new'] as const).filter((name) => isSet(env, VARIABLES[name]));
  if (names.length === 0) {
    return refuse('neither OLD_ENCRYPTION_KEY nor NEW_ENCRYPTION_KEY is set', 'set the keys that the values may be under');
  }
  return allOf(names.map(async (name) => ({ name, key: await readKey(env, name) })));
}

function isSet(env: Environment, variable: string): boolean {
  return env[variable] !== undefined || env[`${variable}_FILE`] !== undefined;
}
