import type { Environment } from '../../config/environment.ts';
import { type GivenKey, readGivenKeys, readTarget } from '../../config/keys.ts';
import { refuse } from '../../text/problem.ts';

/**
 * Reads one key: the one to move to, or the one of all that are set which has this fingerprint.
 *
 * @param fingerprint - null: the one to move to
 * @throws UsageError, which does not quote the fingerprint: a key may be there by mistake; the reason of the interruption
 */
export async function readChosenKey(env: Environment, fingerprint: string | null, interruption: AbortSignal): Promise<GivenKey> {
  if (fingerprint === null) return readTarget(env, interruption);
  if (!/^[0-9a-f]{16}$/u.test(fingerprint))
    return refuse(
      '--key is not a fingerprint',
      'a fingerprint has 16 characters, 0-9 and a-f, and every run shows those of its keys',
    );
  const given = await readGivenKeys(env, interruption);
  const named = given.map(({ name, key }) => `${name} ${key.fingerprint}`).join(', ');
  return (
    given.find(({ key }) => key.fingerprint === fingerprint) ??
    refuse(`--key: no key that is set has the fingerprint ${fingerprint}`, `the keys that are set: ${named}`)
  );
}
