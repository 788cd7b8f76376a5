import type { BackupDescription } from '../../backup/backup-format.ts';
import { createBackupWriter } from '../../backup/backup-writer.ts';
import { readDatabase } from '../../config/database.ts';
import { withEnvFile } from '../../config/environment.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import type { Table } from '../../database/table.ts';
import type { ExitCode } from '../../report/exit-code.ts';
import type { Result, RotateEnding } from '../../rotation/result.ts';
import { rotate } from '../../rotation/rotate.ts';
import type { RunOptions } from '../../rotation/run.ts';
import { allOf } from '../../text/problem.ts';
import type { Given, Host } from '../command.ts';
import { readOutputPlan } from '../output-plan.ts';
import { runOnTable, type TableRun } from '../table-run.ts';
import { conclude } from './conclusion.ts';
import { outcome } from './outcome.ts';
import { type RotatePlan, type RotationKeys, readRotatePlan, readRotationKeys } from './plan.ts';

/** Preflight, rotate, verify. @throws UsageError */
export async function runRotate(given: Given, host: Host): Promise<ExitCode> {
  const env = withEnvFile(host.env, given.value('env'));
  const plan = await readRotatePlan(given);
  const [keys, database, outputPlan] = await allOf([readRotationKeys(env, plan), readDatabase(env), readOutputPlan(given)]);
  const fingerprints = `keys: ${keys.named.map(({ name, fingerprint }) => `${name} ${fingerprint}`).join(', ')}`;
  const run: TableRun<RotateEnding> = {
    ...{ command: 'rotate', access: plan.dryRun ? 'rehearse' : 'write', database, keys: keys.named, outputPlan, outcome },
    announcement: [...(plan.target === 'old' ? ['direction: back from the new key to the old key'] : []), fingerprints],
    work: (table, options) => rotateTable(plan, keys, database, table, options),
    notStarted: (cause) => ({ kind: 'stopped', phase: null, cause, reached: { kind: 'nothing-counted' } }),
    conclude: (ending) => conclude(ending, plan, keys.named),
  };
  return runOnTable(run, host);
}

async function rotateTable(
  plan: RotatePlan,
  { ring }: RotationKeys,
  { host, port, name }: DatabaseSettings,
  table: Table,
  options: RunOptions,
): Promise<Result<RotateEnding>> {
  const describe = (): BackupDescription => ({
    createdAt: new Date().toISOString(),
    database: { host, port, name },
    table: table.label,
    keys: { target: ring.target.fingerprint, sources: ring.sources.map(({ fingerprint }) => fingerprint) },
  });
  const backup = plan.backup === null ? null : createBackupWriter(plan.backup, describe);
  const { dryRun, skipUnreadable, batchRows } = plan;
  try {
    return await rotate({
      ...options,
      ...{ ring, dryRun, skipUnreadable, batchRows },
      beforeWrite: async (swaps) => backup?.append(swaps),
    });
  } finally {
    await backup?.close();
  }
}
