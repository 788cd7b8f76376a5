import { readRegistry } from '../../database/registry.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import { type CheckedShare, recordShareCheck } from '../../database/share-checks.ts';
import { type Pool, withPool } from '../../database/with-pool.ts';
import type { Output } from '../../terminal/output.ts';
import { warnIfUnencrypted } from '../announce.ts';
import { thisAuthor } from '../author.ts';
import type { Host } from '../command.ts';
import { registryProblem } from '../key-registry.ts';
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
  if (registry === null) {
    return `not recorded: user ${user} can see no table ${schema}.encryption_keys in database ${name} (docs/escrow.md, "Checks in the registry"); check DATABASE_URL and its ?schema=`;
  }
  const problem = registryProblem(registry, settings, 'SELECT');
  if (problem !== null) return `not recorded: ${problem.message}: ${problem.hint}`;
  if (!registry.entries.has(share.fingerprint)) {
    return `not recorded: ${registry.label} does not have key ${share.fingerprint}; enter it with register, then check again`;
  }
  const recorded = await recordShareCheck(pool, registry, settings, thisAuthor(null), share);
  switch (recorded.kind) {
    case 'recorded':
      return `recorded: ${sharesChecked(recorded.checks)}`;
    case 'no-table':
      return `not recorded: there is no table ${schema}.encryption_key_shares in database ${name}: apply prisma/encryption-key-shares.sql as a migration of your application, then check again`;
    case 'no-column':
      return `not recorded: ${schema}.encryption_key_shares has no column ${recorded.column}: compare it with prisma/encryption-key-shares.sql`;
    default:
      return recorded satisfies never;
  }
}
