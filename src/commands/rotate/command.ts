import type { BackupDescription } from '../../backup/backup-format.ts';
import { readDatabase } from '../../config/database.ts';
import { withEnvFile } from '../../config/environment.ts';
import { isUsable, type Registry } from '../../database/registry.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import type { Database } from '../../database/with-database.ts';
import type { Author } from '../../database/write-registry.ts';
import type { ExitCode } from '../../report/exit-code.ts';
import { keyWords } from '../../report/key-words.ts';
import { wordsFor } from '../../report/total.ts';
import { atOnce, createPace } from '../../rotation/pace.ts';
import type { Result } from '../../rotation/result.ts';
import { rotate } from '../../rotation/rotate.ts';
import type { RunOptions } from '../../rotation/run.ts';
import { createOutput } from '../../terminal/output.ts';
import { allOf } from '../../text/problem.ts';
import type { Given, Host } from '../command.ts';
import { findingAtEnd, findingOf, NOTHING_CERTAIN } from '../finding.ts';
import { keysLine } from '../given-ring.ts';
import { openRegistry } from '../key-registry.ts';
import { readOutputPlan } from '../output-plan.ts';
import { runOnTables, type TableRun } from '../table-run.ts';
import { findUnregistered, notSearchedLine } from '../unregistered.ts';
import { conclude, type KnownKeys } from './conclusion.ts';
import type { Ending } from './ending.ts';
import { outcome } from './outcome.ts';
import { type RotatePlan, type RotationKeys, readRotatePlan, readRotationKeys } from './plan.ts';

/** Preflight, rotate, verify. @throws UsageError */
export async function runRotate(given: Given, host: Host): Promise<ExitCode> {
  const env = withEnvFile(host.env, given.value('env'));
  const plan = await readRotatePlan(given);
  const [keys, database, outputPlan] = await allOf([
    readRotationKeys(env, plan, host.interruption),
    readDatabase(env),
    readOutputPlan(given),
  ]);
  const { target, sources } = keyWords(keys.named);
  const direction = `direction: back from ${sources} to ${target}`;
  const run: TableRun<Ending> = {
    ...{
      command: 'rotate',
      access: plan.dryRun ? 'rehearse' : 'write',
      writers: plan.connections,
      database,
      keys: keys.named,
      outputPlan,
      outcome,
    },
    announcement: [...(plan.rollback ? [direction] : []), keysLine(keys.named)],
    reason: plan.reason,
    work: (opened, options, author) => rotateTables({ plan, keys, settings: database, opened, host, options, author }),
    notStarted: (cause) => ({ kind: 'stopped', phase: null, cause, reached: [] }),
    conclude: (ending, registry) =>
      conclude(ending, plan, keys.named, wordsFor(host.encryptedFields.length), knownKeys(keys, registry)),
  };
  return runOnTables(run, host);
}

function knownKeys({ ring, named }: RotationKeys, registry: Registry | null): KnownKeys | null {
  if (!isUsable(registry)) return null;
  const entryOf = (fingerprint: string) => registry.entries.get(fingerprint);
  return {
    toRetire: named.filter(({ role, fingerprint }) => role === 'source' && entryOf(fingerprint)?.retired_at == null),
    wasUsed: entryOf(ring.target.fingerprint)?.activated_at != null,
  };
}

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

async function rotateTables({ plan, keys, settings, opened, host, options, author }: Rotation): Promise<Result<Ending>> {
  const { ring, given } = keys;
  const { fields, pool } = opened;
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
  const { dryRun, skipUnreadable, batchRows, connections, maxRowsPerSecond } = plan;
  try {
    const result = await rotate({
      ...options,
      ...{ ring, dryRun, skipUnreadable, batchRows, connections },
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
