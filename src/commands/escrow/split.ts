import { withEnvFile } from '../../config/environment.ts';
import { encryptTo } from '../../escrow/age.ts';
import { splitKey } from '../../escrow/split-key.ts';
import type { ExitCode } from '../../report/exit-code.ts';
import { allOf } from '../../text/problem.ts';
import type { Given, Host } from '../command.ts';
import { readChosenKey } from './chosen-key.ts';
import { concludeSplit } from './conclusion.ts';
import { refuseOthers, writeShares } from './share-files.ts';
import { readSplitPlan } from './split-plan.ts';
import { tell } from './tell.ts';

/**
 * Splits a key into shares, encrypts each to its custodian, and writes them: once all are proven, and all of them or none.
 *
 * @throws UsageError; the reason of the interruption
 */
export async function runEscrowSplit(given: Given, host: Host): Promise<ExitCode> {
  const env = withEnvFile(host.env, given.value('env'));
  const [{ key }, plan] = await allOf([readChosenKey(env, given.value('key'), host.interruption), readSplitPlan(given)]);
  const { threshold, recipients, folder } = plan;
  // Whoever has a share that is enough by itself has the key: one file does, which all of them can decrypt.
  const readers = threshold === 1 ? [recipients] : recipients.map((recipient) => [recipient]);
  const files = readers.map((to, index) => ({ to, name: `${key.fingerprint}.share-${index + 1}-of-${readers.length}.age` }));
  const names = files.map(({ name }) => name);
  refuseOthers(folder, key.fingerprint, names);
  const { splitId, texts, subsets } = await splitKey(key, threshold, readers.length, host.interruption);
  const encrypted = await Promise.all(readers.map((to, index) => encryptTo(to, texts[index] ?? '')));
  host.interruption.throwIfAborted();
  writeShares(folder, key.fingerprint, new Map(names.map((name, index) => [name, encrypted[index] ?? ''])));
  return tell(concludeSplit({ fingerprint: key.fingerprint, splitId, threshold, subsets, folder, files }), host);
}
