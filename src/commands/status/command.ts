import { readDatabase } from '../../config/database.ts';
import { withEnvFile } from '../../config/environment.ts';
import { type GivenRing, readTargetAndOthers } from '../../config/keys.ts';
import { isUsable } from '../../database/registry.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import { readShareChecks, type SplitChecks } from '../../database/share-checks.ts';
import { findUnreadColumns } from '../../database/unread-columns.ts';
import { type Database, withDatabase } from '../../database/with-database.ts';
import { EXIT, type ExitCode } from '../../report/exit-code.ts';
import { formatConclusion } from '../../report/summary.ts';
import { wordsFor } from '../../report/total.ts';
import { rowCount } from '../../report/wording.ts';
import { createObserver } from '../../terminal/observer.ts';
import { createOutput, type Output, useColor } from '../../terminal/output.ts';
import { replaceFile } from '../../terminal/replace-file.ts';
import { printableJson } from '../../text/printable.ts';
import { allOf } from '../../text/problem.ts';
import { announce, warnIfUnencrypted } from '../announce.ts';
import type { Given, Host } from '../command.ts';
import { keysLine, namedKeys, ringOf } from '../given-ring.ts';
import { warnIfUnusable } from '../key-registry.ts';
import { tellStopped } from '../stopped.ts';
import { workersFor } from '../workers-for.ts';
import { conclude } from './conclusion.ts';
import { type Counts, countByDecrypting, countByName } from './counts.ts';
import { dueOf } from './due.ts';
import { factsOf } from './facts.ts';
import { reportOf } from './json.ts';
import { type Status, statusOf } from './keys.ts';
import { metricsOf } from './metrics.ts';
import { readStatusPlan, type StatusPlan } from './plan.ts';
import { stepOf } from './steps.ts';

/** Says which keys are in use, where the rotation is, and what is due. Writes nothing to the database. @throws UsageError */
export async function runStatus(given: Given, host: Host): Promise<ExitCode> {
  const env = withEnvFile(host.env, given.value('env'));
  const [plan, keys, database] = await allOf([
    readStatusPlan(given),
    readTargetAndOthers(env, host.interruption),
    readDatabase(env),
  ]);
  const output = createOutput(host, false);
  warnIfUnencrypted(database, env, output);
  const checkedAt = new Date();
  const opening = {
    access: 'look' as const,
    signal: host.interruption,
    onWarning: (text: string) => output.warn(`the server warns: ${text}`),
  };
  try {
    return await withDatabase(database, host.encryptedFields, opening, async (opened) => {
      announce(opened.fields, database, 'look', [keysLine(namedKeys(keys))], output);
      warnIfUnusable(opened.registry, database, output);
      const counts = await count(opened, database, keys, plan, host, output);
      const tables = [...new Set(opened.fields.map(({ table }) => table.label))];
      const checks = await readChecks(opened, database);
      const unread = await findUnread(opened, database);
      const status = statusOf(keys, counts, opened.registry, checks, unread, checkedAt);
      return tell({ status, plan, database, tables, checkedAt }, host, output);
    });
  } catch (error) {
    return tellStopped(error, host, output);
  }
}

async function readChecks({ pool, registry }: Database, settings: DatabaseSettings): Promise<readonly SplitChecks[]> {
  return isUsable(registry) ? ((await readShareChecks(pool, settings)) ?? []) : [];
}

async function findUnread({ pool, registry, fields }: Database, settings: DatabaseSettings): Promise<readonly string[]> {
  return isUsable(registry) ? findUnreadColumns(pool, registry, fields, settings) : [];
}

async function count(
  opened: Database,
  settings: DatabaseSettings,
  keys: GivenRing,
  { fast }: StatusPlan,
  host: Host,
  output: Output,
): Promise<Counts> {
  const { pool, fields, withLock } = opened;
  if (fast) return countByName(pool, fields, settings);
  const shown = { verbose: false, quiet: false, keys: namedKeys(keys) };
  const observer = await createObserver(output, host.stderr, shown, wordsFor(fields.length), host.interruption);
  return withLock((locked, lost) => {
    const signal = AbortSignal.any([host.interruption, lost]);
    return countByDecrypting(opened, settings, ringOf(keys), { fields: locked, signal, observer, workersFor });
  });
}

/** What there is to tell. */
interface Found {
  readonly status: Status;
  readonly plan: StatusPlan;
  readonly database: DatabaseSettings;
  readonly tables: readonly string[];
  readonly checkedAt: Date;
}

function tell({ status, plan, database, tables, checkedAt }: Found, host: Host, output: Output): ExitCode {
  const inFields = wordsFor(host.encryptedFields.length);
  const words = plan.fast ? { ...inFields, noun: 'row' as const, count: rowCount } : inFields;
  const step = stepOf(status);
  const due = dueOf(status, plan, words);
  const conclusion = conclude(status, step, due, words);
  const { exitCode, headline, nextSteps } = conclusion;
  if (plan.json) {
    const report = reportOf(status, step, due, conclusion, database, tables, checkedAt);
    output.result(printableJson(JSON.stringify(report, null, 2)));
  } else {
    const facts = factsOf(status, step, database, tables, words);
    output.result(formatConclusion(conclusion, facts, useColor(host), host.stdout.columns));
  }
  if (exitCode !== EXIT.done && (plan.json || host.stdout.isTTY !== true || host.stderr.isTTY !== true))
    output.error({ message: headline, hint: nextSteps.join('; ') });
  if (plan.metrics === null || wrote(plan.metrics, metricsOf(status, due.length > 0, checkedAt), output)) return exitCode;
  return exitCode === EXIT.done ? EXIT.usage : exitCode;
}

function wrote(file: string, text: string, output: Output): boolean {
  try {
    replaceFile(file, text);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'for an unknown reason';
    output.error({
      message: `the metrics ${file} could not be written (${code})`,
      hint: 'the file there, if any, is that of an earlier run: check the disk and the folder',
    });
    return false;
  }
}
