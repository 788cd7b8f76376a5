import { isUsable, readRegistry } from '../../database/registry.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import { type CheckedShare, recordShareCheck } from '../../database/share-checks.ts';
import { type Pool, withPool } from '../../database/with-pool.ts';
import type { Output } from '../../terminal/output.ts';
import { warnIfUnencrypted } from '../announce.ts';
import { thisAuthor } from '../author.ts';
import type { Host } from '../command.ts';
import { sharesChecked } from '../share-words.ts';

/**
 * Records that a share was checked, if the database has a registry of keys with a table for that.
 *
 * @returns what became of it, in a line
 * @throws DatabaseError, whatever pg throws, the reason of the interruption
 */
export function recordCheck(
  share: CheckedShare,
  settings: DatabaseSettings,
  { env, interruption }: Pick<Host, 'env' | 'interruption'>,
  output: Output,
): Promise<string> {
  warnIfUnencrypted(settings, env, output);
  const warn = (text: string) => output.warn(`the server warns: ${text}`);
  return withPool(settings, interruption, warn, (pool) => record(pool, share, settings));
}

async function record(pool: Pool, share: CheckedShare, settings: DatabaseSettings): Promise<string> {
  const { schema, name, user } = settings;
  const registry = await readRegistry(pool, settings);
  if (!isUsable(registry)) return `not recorded: user ${user} can read no table ${schema}.encryption_keys in database ${name}`;
  if (!registry.entries.has(share.fingerprint)) {
    return `not recorded: ${registry.label} does not have key ${share.fingerprint}; enter it with register, then check again`;
  }
  const checks = await recordShareCheck(pool, registry, settings, thisAuthor(null), share);
  if (checks !== null) return `recorded: ${sharesChecked(checks)}`;
  return `not recorded: there is no table ${schema}.encryption_key_shares in database ${name} (prisma/encryption-key-shares.sql)`;
}
