import { BackupError } from '../../backup/backup-error.ts';
import { type CheckedBackup, checkBackup, readBackup } from '../../backup/backup-reader.ts';
import { readDatabase } from '../../config/database.ts';
import { withEnvFile } from '../../config/environment.ts';
import type { Registry } from '../../database/registry.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import type { InspectedField } from '../../database/table.ts';
import type { ExitCode } from '../../report/exit-code.ts';
import { wordsFor } from '../../report/total.ts';
import { verb } from '../../report/wording.ts';
import { type FieldSwaps, restore } from '../../rotation/restore.ts';
import type { RestoreEnding, Result } from '../../rotation/result.ts';
import type { RunOptions } from '../../rotation/run.ts';
import { createOutput } from '../../terminal/output.ts';
import { allOf, refuse, UsageError } from '../../text/problem.ts';
import type { Given, Host } from '../command.ts';
import { readOutputPlan } from '../output-plan.ts';
import { runOnTables, type TableRun } from '../table-run.ts';
import { dayOf } from '../time-words.ts';
import { type BackedUpField, backedUpFields, fieldOf, misfitOf } from './backed-up-field.ts';
import { backupWarnings, conclude, outcome } from './conclusion.ts';

/** Puts back the values that a backup holds. @throws UsageError, also if the backup is damaged or belongs to another table */
export async function runRestore(given: Given, host: Host): Promise<ExitCode> {
  const env = withEnvFile(host.env, given.value('env'));
  const [database, outputPlan] = await allOf([readDatabase(env), readOutputPlan(given)]);
  const [file, dryRun] = [given.argument, given.has('dry-run')];
  const output = createOutput(host, outputPlan.quiet);
  // Before connecting: a damaged backup is refused.
  const fields = backedUpFields(host.encryptedFields, database.schema);
  const { backup, keyIds } = await examine(file, fields, host.interruption);
  const { createdAt, keys } = backup.header;
  const records = `${backup.records} ${verb(backup.records, 'record', 'records')}`;
  output.say(`backup: made ${createdAt}, ${records}, from key ${keys.sources.join(', ')} to key ${keys.target}`);
  for (const warning of backupWarnings(backup)) output.warn(warning);
  const run: TableRun<RestoreEnding> = {
    ...{
      command: 'restore',
      access: dryRun ? 'rehearse' : 'write',
      database,
      outputPlan,
      outcome,
      keys: [],
      announcement: [],
      reason: null,
    },
    work: (opened, options) => {
      refuseRetired(backup, keyIds, opened.registry);
      return restoreTables(file, backup, dryRun, database, fields, opened.fields, options);
    },
    notStarted: (cause) => ({ kind: 'stopped', phase: null, cause, reached: [], onDisk: 'confirmed' }),
    conclude: (ending) => conclude(ending, dryRun, outputPlan, wordsFor(host.encryptedFields.length)),
  };
  return runOnTables(run, host);
}

/** @returns also the ids of the keys that the saved values name, if the fields have columns for them; empty for those that name none */
async function examine(
  file: string,
  fields: readonly BackedUpField[],
  interruption: AbortSignal,
): Promise<{ readonly backup: CheckedBackup; readonly keyIds: ReadonlySet<string> }> {
  const keyIds = new Set<string>();
  const misfit = misfitOf(fields);
  const columns = [...new Set(fields.flatMap(({ layout }) => layout.keyIds))];
  try {
    const backup = await checkBackup(
      file,
      (record, header) => {
        for (const column of columns) keyIds.add(record.before[column] ?? '');
        return misfit(record, header);
      },
      interruption,
    );
    return { backup, keyIds };
  } catch (error) {
    throw error instanceof BackupError ? new UsageError([error]) : error;
  }
}

/** @throws UsageError if a value would come back under a key that is retired */
function refuseRetired({ header: { keys } }: CheckedBackup, keyIds: ReadonlySet<string>, registry: Registry | null): void {
  // A value that names none of the source keys of the run, or no key, is under one of them all the same.
  const areNamed = keyIds.size > 0 && [...keyIds].every((id) => keys.sources.includes(id));
  const under = new Set([...keyIds, ...(areNamed ? [] : keys.sources)]);
  const retired = [...under].flatMap((fingerprint) => registry?.entries.get(fingerprint) ?? []);
  const [key] = retired.filter(({ retired_at }) => retired_at !== null);
  if (registry === null || key?.retired_at == null) return;
  const back = `UPDATE ${registry.name} SET retired_at = NULL WHERE fingerprint = '${key.fingerprint}'`;
  const { fingerprint } = key;
  const isCertain = keyIds.has(fingerprint) || keys.sources.length === 1;
  const what = keys.sources.includes(fingerprint) ? `${isCertain ? 'holds' : 'may hold'} values under` : 'has rows that name';
  refuse(
    `the backup ${what} key ${fingerprint}, which was retired on ${dayOf(key.retired_at)}`,
    `nothing was written; if the values must come back all the same, put the key back into service first: ${back}`,
  );
}

async function restoreTables(
  file: string,
  backup: CheckedBackup,
  dryRun: boolean,
  { name }: DatabaseSettings,
  fields: readonly BackedUpField[],
  inspected: readonly InspectedField[],
  options: RunOptions,
): Promise<Result<RestoreEnding>> {
  const { header, records } = backup;
  const labels = inspected.map(({ table }) => table.label);
  const stranger = header.fields.find((field) => fieldOf(fields, field) === undefined);
  if (header.database.name !== name || stranger !== undefined) {
    const of = stranger ?? header.fields[0];
    const named = of === undefined || of.name === '' || labels.includes(of.table) === false ? '' : ` (${of.name})`;
    const message = `the backup is of table ${of?.table}${named} in database ${header.database.name}, not of ${[...new Set(labels)].join(', ')} in ${name}`;
    refuse(message, 'check DATABASE_URL and prisma/schema.prisma, or name the backup of this table');
  }
  async function* readSwaps(): AsyncGenerator<FieldSwaps, void, void> {
    for await (const { field, swaps } of readBackup(file, misfitOf(fields), backup)) {
      const of = header.fields.find((each) => each.name === field);
      yield { field: (of && fieldOf(fields, of)?.name) ?? field, swaps };
    }
  }
  return restore({ ...options, dryRun, swaps: records, readSwaps });
}
