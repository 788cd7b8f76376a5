import { readDatabase } from '../../config/database.ts';
import { withEnvFile } from '../../config/environment.ts';
import { type GivenKey, readGivenKeys } from '../../config/keys.ts';
import { waitForDisk } from '../../database/barrier.ts';
import { readRegistry } from '../../database/registry.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import { type Pool, withPool } from '../../database/with-pool.ts';
import { createRegistryWriter } from '../../database/write-registry.ts';
import { EXIT, type ExitCode } from '../../report/exit-code.ts';
import { createOutput, type Output } from '../../terminal/output.ts';
import { allOf, refuse } from '../../text/problem.ts';
import { thisAuthor } from '../author.ts';
import type { Given, Host } from '../command.ts';
import { grant, requireRegistry } from '../key-registry.ts';
import { readReason } from '../reason.ts';
import { tellStopped } from '../stopped.ts';
import { dayOf } from '../time-words.ts';

/** Enters the keys that are set in the registry. Doing it again changes nothing. @throws UsageError */
export async function runRegister(given: Given, host: Host): Promise<ExitCode> {
  const reason = readReason(given);
  const env = withEnvFile(host.env, given.value('env'));
  const [keys, database] = await allOf([readGivenKeys(env, host.interruption), readDatabase(env)]);
  const output = createOutput(host, false);
  const warn = (text: string) => output.warn(`the server warns: ${text}`);
  try {
    return await withPool(database, host.interruption, warn, (pool) => enter(pool, keys, database, reason, output));
  } catch (error) {
    return tellStopped(error, host, output);
  }
}

async function enter(
  pool: Pool,
  keys: readonly GivenKey[],
  settings: DatabaseSettings,
  reason: string | null,
  output: Output,
): Promise<ExitCode> {
  const registry = requireRegistry(await readRegistry(pool, settings), settings);
  for (const { name, key } of keys) {
    const retired = registry.entries.get(key.fingerprint)?.retired_at ?? null;
    if (retired !== null)
      refuse(`the ${name} key, ${key.fingerprint}, was retired on ${dayOf(retired)}`, 'take it out of the variables');
  }
  const missing = keys.map(({ key: { fingerprint }, source }) => ({ fingerprint, source }));
  const isNew = missing.some(({ fingerprint }) => !registry.entries.has(fingerprint));
  if (isNew && !registry.mayInsert)
    refuse(`user ${settings.user} may not INSERT into ${registry.label}`, grant(registry, settings));
  const entered = isNew ? await createRegistryWriter(pool, registry, settings, thisAuthor(reason)).enter(missing) : [];
  // Services get the key now: without its entry, PostgreSQL would refuse all that they write. Also what an earlier run
  // entered may not be confirmed; a role that may not enter keys need not be able to wait.
  if (registry.mayInsert) await waitForDisk(pool, settings);
  for (const { name, key } of keys) {
    const what = entered.includes(key.fingerprint) ? 'is now in' : 'was already in';
    output.say(`the ${name} key, ${key.fingerprint}, ${what} ${registry.label}`);
  }
  return EXIT.done;
}
