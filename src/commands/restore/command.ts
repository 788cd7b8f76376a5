import { BackupError, type BackupRecord } from '../../backup/backup-format.ts';
import { type CheckedBackup, checkBackup, readBackup } from '../../backup/backup-reader.ts';
import { readDatabase } from '../../config/database.ts';
import { withEnvFile } from '../../config/environment.ts';
import { SCHEMA } from '../../database/schema.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import type { Table } from '../../database/table.ts';
import type { ExitCode } from '../../report/exit-code.ts';
import { verb } from '../../report/wording.ts';
import { restore } from '../../rotation/restore.ts';
import type { RestoreEnding, Result } from '../../rotation/result.ts';
import type { RunOptions } from '../../rotation/run.ts';
import { createOutput } from '../../terminal/output.ts';
import { allOf, refuse, UsageError } from '../../text/problem.ts';
import type { Given, Host } from '../command.ts';
import { readOutputPlan } from '../output-plan.ts';
import { runOnTable, type TableRun } from '../table-run.ts';
import { backupWarnings, conclude, NONE, outcome } from './conclusion.ts';

/** Puts back the values that a backup holds. @throws UsageError, also if the backup is damaged or belongs to another table */
export async function runRestore(given: Given, host: Host): Promise<ExitCode> {
  const env = withEnvFile(host.env, given.value('env'));
  const [database, outputPlan] = await allOf([readDatabase(env), readOutputPlan(given)]);
  const [file, dryRun] = [given.argument, given.has('dry-run')];
  const output = createOutput(host, outputPlan.quiet);
  // Before connecting: a damaged backup is refused.
  const backup = await examine(file, host.interruption);
  const { createdAt, keys } = backup.header;
  const records = `${backup.records} ${verb(backup.records, 'record', 'records')}`;
  output.say(`backup: made ${createdAt}, ${records}, from key ${keys.sources.join(', ')} to key ${keys.target}`);
  for (const warning of backupWarnings(backup)) output.warn(warning);
  const run: TableRun<RestoreEnding> = {
    ...{ command: 'restore', access: dryRun ? 'rehearse' : 'write', database, outputPlan, outcome, keys: [], announcement: [] },
    work: (table, options) => restoreTable(file, backup, dryRun, database, table, options),
    notStarted: (cause) => ({ kind: 'stopped', phase: null, cause, reached: NONE }),
    conclude: (ending) => conclude(ending, dryRun, outputPlan),
  };
  return runOnTable(run, host);
}

async function examine(file: string, interruption: AbortSignal): Promise<CheckedBackup> {
  try {
    return await checkBackup(file, misfit, interruption);
  } catch (error) {
    throw error instanceof BackupError ? new UsageError([error]) : error;
  }
}

/** @returns what in a record cannot be part of an encrypted value: restoring it would destroy what is stored */
function misfit({ before, after }: BackupRecord): string | null {
  for (const [side, stored] of Object.entries({ before, after })) {
    const strange = Object.keys(stored).find((column) => !SCHEMA.layout.columns.includes(column));
    if (strange !== undefined) return `${side}.${strange}`;
  }
  const parsed = { before: SCHEMA.layout.parse(before), after: SCHEMA.layout.parse(after) };
  if (parsed.before.kind === 'malformed') return `before.${parsed.before.column}`;
  if (parsed.after.kind === 'malformed') return `after.${parsed.after.column}`;
  // Both are the same plaintext, and a GCM ciphertext is as long as its plaintext: SP 800-38D, section 7.1.
  return parsed.before.value.content.length === parsed.after.value.content.length
    ? null
    : `before.${SCHEMA.field.parts.content.field}`;
}

async function restoreTable(
  file: string,
  backup: CheckedBackup,
  dryRun: boolean,
  { name }: DatabaseSettings,
  { label }: Table,
  options: RunOptions,
): Promise<Result<RestoreEnding>> {
  const { header, records } = backup;
  if (header.database.name !== name || header.table !== label) {
    const message = `the backup is of table ${header.table} in database ${header.database.name}, not of ${label} in ${name}`;
    refuse(message, 'check DATABASE_URL, or name the backup of this table');
  }
  return restore({ ...options, dryRun, swaps: records, readSwaps: () => readBackup(file, misfit, backup) });
}
