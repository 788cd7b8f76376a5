import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { BackupDamaged, type BackupHeader } from '../backup/backup-format.ts';
import { checkBackup, readBackup } from '../backup/backup-reader.ts';
import { createBackupWriter } from '../backup/backup-writer.ts';
import { type Database, withDatabase } from '../database/with-database.ts';
import { restore } from '../rotation/restore.ts';
import { rotate } from '../rotation/rotate.ts';
import { notStarted, type Observer, type RunResult } from '../rotation/run.ts';
import type { Store } from '../rotation/store.ts';
import { verify } from '../rotation/verify.ts';
import { conclude } from './conclusion.ts';
import type { Config, RestoreConfig, RotateConfig } from './config.ts';
import type { Output } from './output.ts';
import { createReport, type Report } from './report.ts';
import { UsageError } from './usage-error.ts';

/**
 * Runs a command that needs the database, from connecting to the report.
 *
 * @returns the report; the run's failure is in it
 * @throws UsageError where a backup is not of this database and table
 */
export async function runCommand(config: Config, output: Output, observer: Observer, interruption: AbortSignal): Promise<Report> {
  const runId = randomUUID();
  const startedAt = new Date();
  const job = await prepareJob(config);
  let table: string | null = null;

  async function work(database: Database): Promise<RunResult> {
    table = database.table.label;
    announce(config, database, output);
    if (config.command === 'verify') return job(database, { signal: interruption, observer });
    return database.withLock((lost) => job(database, { signal: AbortSignal.any([interruption, lost]), observer }));
  }

  const result = await withDatabase(config.database, config.command !== 'verify', interruption, work).catch((error: unknown) => {
    if (error instanceof UsageError) throw error;
    return notStarted(interruption.aborted ? interruption.reason : error);
  });
  const context = { config, table, runId, startedAt, endedAt: new Date(), operator: { user: userName(), host: hostname() } };
  return createReport(context, result, conclude(config, result));
}

interface Control {
  readonly signal: AbortSignal;
  readonly observer: Observer;
}

type Job = (database: Database, control: Control) => Promise<RunResult>;

/** Does what needs no database: a backup that is not whole is refused before anything is connected to. */
async function prepareJob(config: Config): Promise<Job> {
  switch (config.command) {
    case 'rotate':
      return (database, control) => runRotate(config, database, control);
    case 'verify':
      return ({ rows }, control) => verify({ ...control, store: rows, newKey: config.keys.new });
    case 'restore': {
      const { header, records } = await examineBackup(config.file);
      return (database, control) => runRestore(config, header, records, database, control);
    }
    default:
      return config satisfies never;
  }
}

async function runRotate(config: RotateConfig, { table, rows }: Database, control: Control): Promise<RunResult> {
  if (config.backup === null) return rotate({ ...config, ...control, store: rows });
  const { host, port, name } = config.database;
  const describe = (): BackupHeader => ({
    format: 'rotate-encryption-key backup',
    formatVersion: 1,
    createdAt: new Date().toISOString(),
    database: { host, port, name },
    table: table.label,
    keys: { old: config.keys.old.fingerprint, new: config.keys.new.fingerprint },
  });
  const backup = createBackupWriter(config.backup, describe);
  const store: Store = {
    ...rows,
    swap: async (swaps) => {
      await backup.append(swaps);
      return rows.swap(swaps);
    },
  };
  try {
    return await rotate({ ...config, ...control, store });
  } finally {
    await backup.close();
  }
}

async function examineBackup(file: string): ReturnType<typeof checkBackup> {
  try {
    return await checkBackup(file);
  } catch (error) {
    const damaged = error instanceof BackupDamaged;
    const message = damaged ? error.message : `the backup file ${file} cannot be read`;
    const hint = damaged
      ? 'a file in which more than the last line is damaged is not restored: use another copy of it'
      : 'name a file that rotate --backup wrote';
    throw new UsageError([{ message, hint }]);
  }
}

async function runRestore(
  config: RestoreConfig,
  header: BackupHeader,
  swaps: number,
  database: Database,
  control: Control,
): Promise<RunResult> {
  const { label } = database.table;
  const { name } = config.database;
  if (header.database.name !== name || header.table !== label) {
    const message = `the backup is of table ${header.table} in database ${header.database.name}, not of ${label} in ${name}`;
    throw new UsageError([{ message, hint: 'check DATABASE_URL, or name the backup of this table' }]);
  }
  return restore({ ...control, store: database.rows, readSwaps: () => readBackup(config.file), swaps, dryRun: config.dryRun });
}

function announce(config: Config, { table }: Database, output: Output): void {
  const { host, port, name, user } = config.database;
  output.say(`database: ${name} on ${host}:${port}, as user ${user}`);
  output.say(`table: ${table.label}`);
  if (config.command === 'rotate') output.say(`keys: old ${config.keys.old.fingerprint}, new ${config.keys.new.fingerprint}`);
  if (config.command === 'verify') output.say(`key: new ${config.keys.new.fingerprint}`);
  if (config.command !== 'verify' && table.updateTriggers.length > 0) {
    output.warn(`triggers on the table may change other columns: ${table.updateTriggers.join(', ')}`);
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
    return 'unknown';
  }
}
