import { withEnvFile } from '../../config/environment.ts';
import { withKeyContext } from '../../config/key-variables.ts';
import { wrapNewKey } from '../../keys/wrap-new-key.ts';
import type { Host } from '../command.ts';

/**
 * Has a KMS make a key.
 *
 * @param place - a reference without a wrapped key
 * @param envFile - null: `.env`, which may be missing
 * @returns the whole reference, and what is said of it
 * @throws UsageError; the reason of the interruption
 */
export async function wrapKeyIn(
  place: string,
  envFile: string | null,
  { env, interruption }: Pick<Host, 'env' | 'interruption'>,
): Promise<{ readonly text: string; readonly lines: readonly string[] }> {
  const { reference, source, key } = await withKeyContext(withEnvFile(env, envFile), interruption, (context) => {
    return wrapNewKey(place, '--in', context);
  });
  const lines = [
    `a new encryption key, wrapped by ${source} and unwrapped once as a test, fingerprint ${key.fingerprint}`,
    `save the reference, which only ${source} can unwrap, then rotate to it: docs/runbook.md, or docs/zero-downtime.md if nothing may stop`,
  ];
  return { text: reference, lines };
}
