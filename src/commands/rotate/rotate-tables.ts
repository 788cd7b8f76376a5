import type { BackupDescription } from '../../backup/backup-format.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import type { Database } from '../../database/with-database.ts';
import type { Author } from '../../database/write-registry.ts';
import { atOnce, createPace } from '../../rotation/pace.ts';
import type { Result } from '../../rotation/result.ts';
import { rotate } from '../../rotation/rotate.ts';
import type { RunOptions } from '../../rotation/run.ts';
import { createOutput } from '../../terminal/output.ts';
import type { Host } from '../command.ts';
import { findingAtEnd, findingOf, NOTHING_CERTAIN } from '../finding.ts';
import { openRegistry } from '../key-registry.ts';
import { findUnregistered, notSearchedLine } from '../unregistered.ts';
import type { Ending } from './ending.ts';
import type { RotatePlan, RotationKeys } from './plan.ts';

/** What a rotation works with. */
interface Rotation {
  readonly plan: RotatePlan;
  readonly keys: RotationKeys;
  readonly settings: DatabaseSettings;
  readonly opened: Database;
  readonly host: Host;
  readonly options: RunOptions;
  readonly author: Author;
}

/** Searches for what was forgotten, rotates, and records in the registry what was found. */
export async function rotateTables({ plan, keys, settings, opened, host, options, author }: Rotation): Promise<Result<Ending>> {
  const { ring, given } = keys;
  const { fields, pool, writers } = opened;
  const output = createOutput(host, false);
  const entered = given.map(({ key: { fingerprint }, source }) => ({ fingerprint, source }));
  const registry = openRegistry(opened, settings, entered, author, output);
  // Before anything else: what is forgotten would stay under its old key, and be lost with it.
  const { values, notSearched } = await findUnregistered(pool, settings, ring, host.encryptedFields, plan.ignore, options.signal);
  const line = notSearchedLine(notSearched);
  if (line !== null) output.warn(line);
  if (values.length > 0) {
    if (!plan.dryRun) await registry.record(NOTHING_CERTAIN);
    return { ending: { kind: 'unregistered', values }, phases: [] };
  }
  const describe = (): BackupDescription => ({
    createdAt: new Date().toISOString(),
    database: { host: settings.host, port: settings.port, name: settings.name },
    fields: fields.map(({ name, table }) => ({ name, table: table.label })),
    keys: { target: ring.target.fingerprint, sources: ring.sources.map(({ fingerprint }) => fingerprint) },
  });
  const backup =
    plan.backup === null ? null : (await import('../../backup/backup-writer.ts')).createBackupWriter(plan.backup, describe);
  const { dryRun, skipUnreadable, batchRows, maxRowsPerSecond } = plan;
  if (writers < plan.connections) output.warn(oneWriterLine(settings.user));
  try {
    const result = await rotate({
      ...options,
      ...{ ring, dryRun, skipUnreadable, batchRows, connections: writers },
      beforeFirstWrite: async (found) => {
        await registry.enter();
        // At once: a run that is killed must not leave a key recorded as unused whose values it has just found and moved.
        await registry.record(findingOf(ring, found));
      },
      pace: maxRowsPerSecond === null ? atOnce : createPace(maxRowsPerSecond, options.signal),
      beforeWrite: async (field, swaps) => backup?.append(field, swaps),
    });
    const finding = dryRun ? null : findingAtEnd(ring, result.ending);
    if (finding !== null) await registry.record(finding);
    return result;
  } finally {
    await backup?.close();
  }
}

function oneWriterLine(user: string): string {
  const instead =
    'to use it, give the tool a role of its own whose default_transaction_isolation is read committed (docs/scheduling.md)';
  return `the transactions of user ${user} are serializable, and several at once would conflict with each other: --connections is not used; ${instead}`;
}
