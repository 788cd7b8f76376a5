import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { type BackupDescription, BackupError } from '../backup/backup-format.ts';
import { type CheckedBackup, checkBackup, readBackup } from '../backup/backup-reader.ts';
import { createBackupWriter } from '../backup/backup-writer.ts';
import type { Access } from '../database/check-table.ts';
import { unencryptedTo } from '../database/connection-url.ts';
import type { Table } from '../database/table.ts';
import { withDatabase } from '../database/with-database.ts';
import { restore } from '../rotation/restore.ts';
import { rotate } from '../rotation/rotate.ts';
import { notStarted, type Observer, type RunOptions, type RunResult } from '../rotation/run.ts';
import type { Swap } from '../rotation/store.ts';
import { verify } from '../rotation/verify.ts';
import { conclude } from './conclusion.ts';
import type { Config, RestoreConfig, RotateConfig } from './config.ts';
import type { Output } from './output.ts';
import { createReport, type Report } from './report.ts';
import { backupWarnings } from './restored.ts';
import { UsageError } from './usage-error.ts';

/**
 * Runs a command that needs the database, from connecting to the report.
 *
 * @param pgSslMode - PGSSLMODE of the process
 * @returns the report; the run's failure is in it
 * @throws UsageError where a backup is not whole, or is not of this database and table
 */
export async function runCommand(
  config: Config,
  output: Output,
  observer: Observer,
  interruption: AbortSignal,
  pgSslMode: string | undefined,
): Promise<Report> {
  const runId = randomUUID();
  const startedAt = new Date();
  let table: string | null = null;

  async function run(): Promise<RunResult> {
    const job = await prepareJob(config, output, interruption);
    const host = unencryptedTo(config.database, pgSslMode);
    if (host !== null) output.warn(`the connection to ${host} is not encrypted: add sslmode=verify-full to DATABASE_URL`);
    return withDatabase(config.database, accessOf(config), interruption, warnOfServer, (database) => {
      table = database.table.label;
      announce(config, database.table, output);
      return database.withLock((store, lost) =>
        job(database.table, { store, signal: AbortSignal.any([interruption, lost]), observer }),
      );
    });
  }

  const warnOfServer = (text: string) => output.warn(`the server warns: ${text}`);
  const result = await run().catch((error: unknown) => {
    if (error instanceof UsageError) throw error;
    return notStarted(interruption.aborted ? interruption.reason : error);
  });
  const context = { config, table, runId, startedAt, endedAt: new Date(), operator: { user: userName(), host: hostname() } };
  return createReport(context, result, conclude(config, result));
}

type Job = (table: Table, options: RunOptions) => Promise<RunResult>;

function accessOf(config: Config): Access {
  if (config.command === 'verify') return 'verify';
  return config.dryRun ? 'rehearse' : 'write';
}

/** Does what needs no database: a backup that is not whole is refused before anything is connected to. */
async function prepareJob(config: Config, output: Output, interruption: AbortSignal): Promise<Job> {
  switch (config.command) {
    case 'rotate':
      return (table, options) => runRotate(config, table, options);
    case 'verify':
      return (_table, options) => verify({ ...options, newKey: config.keys.new });
    case 'restore': {
      const backup = await examineBackup(config.file, interruption);
      const { createdAt, keys } = backup.header;
      output.say(`backup: made ${createdAt}, old key ${keys.old}, new key ${keys.new}, ${backup.records} records`);
      for (const warning of backupWarnings(backup)) output.warn(warning);
      return (table, options) => runRestore(config, backup, table, options);
    }
    default:
      return config satisfies never;
  }
}

async function runRotate(config: RotateConfig, table: Table, options: RunOptions): Promise<RunResult> {
  const { host, port, name } = config.database;
  const describe = (): BackupDescription => ({
    createdAt: new Date().toISOString(),
    database: { host, port, name },
    table: table.label,
    keys: { old: config.keys.old.fingerprint, new: config.keys.new.fingerprint },
  });
  const backup = config.backup === null ? null : createBackupWriter(config.backup, describe);
  const beforeWrite = async (swaps: readonly Swap[]) => backup?.append(swaps);
  const result = await rotate({ ...config, ...options, beforeWrite });
  await backup?.close();
  return result;
}

async function examineBackup(file: string, interruption: AbortSignal): Promise<CheckedBackup> {
  try {
    return await checkBackup(file, interruption);
  } catch (error) {
    throw error instanceof BackupError ? new UsageError([error]) : error;
  }
}

async function runRestore(
  config: RestoreConfig,
  backup: CheckedBackup,
  { label }: Table,
  options: RunOptions,
): Promise<RunResult> {
  const { header, records } = backup;
  const { name } = config.database;
  if (header.database.name !== name || header.table !== label) {
    const message = `the backup is of table ${header.table} in database ${header.database.name}, not of ${label} in ${name}`;
    throw new UsageError([{ message, hint: 'check DATABASE_URL, or name the backup of this table' }]);
  }
  const readSwaps = () => readBackup(config.file, backup);
  return restore({ ...options, readSwaps, swaps: records, dryRun: config.dryRun });
}

function announce(config: Config, table: Table, output: Output): void {
  const { host, port, name, user } = config.database;
  output.say(`database: ${name} on ${host}:${port}, as user ${user}`);
  output.say(`table: ${table.label}`);
  if (config.command === 'rotate' && config.target === 'old') output.say('direction: back from the new key to the old key');
  if (config.command === 'rotate') output.say(`keys: old ${config.keys.old.fingerprint}, new ${config.keys.new.fingerprint}`);
  if (config.command === 'verify') output.say(`key: new ${config.keys.new.fingerprint}`);
  if (table.isStandby) output.warn('this server is a standby: it may lag behind its primary, where a run has to take place');
  if (config.command !== 'verify' && table.sideEffects.length > 0) {
    output.warn(`triggers and rules on the table may change what is written, or other columns: ${table.sideEffects.join(', ')}`);
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
