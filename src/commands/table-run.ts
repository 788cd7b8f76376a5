import type { Access } from '../database/check-table.ts';
import type { Registry } from '../database/registry.ts';
import type { DatabaseSettings } from '../database/settings.ts';
import type { InspectedField } from '../database/table.ts';
import { type Database, withDatabase } from '../database/with-database.ts';
import type { Author } from '../database/write-registry.ts';
import type { Conclusion } from '../report/conclusion.ts';
import type { ExitCode } from '../report/exit-code.ts';
import { createReport, type NamedKey, type Outcome, type Report } from '../report/report.ts';
import { wordsFor } from '../report/total.ts';
import type { Result } from '../rotation/result.ts';
import type { RunOptions } from '../rotation/run.ts';
import { createObserver } from '../terminal/observer.ts';
import { createOutput, type Output } from '../terminal/output.ts';
import { UsageError } from '../text/problem.ts';
import { announce, warnIfUnencrypted } from './announce.ts';
import { thisAuthor } from './author.ts';
import type { Host } from './command.ts';
import type { OutputPlan } from './output-plan.ts';
import { publish } from './publish.ts';
import { workersFor } from './workers-for.ts';

/** A command that works on the tables of the encrypted fields. `Ending` is how it can end. */
export interface TableRun<Ending> {
  readonly command: Report['command'];
  readonly access: Access;
  /** How many statements write at the same time; one if it is left out. */
  readonly writers?: number;
  readonly database: DatabaseSettings;
  readonly keys: readonly NamedKey[];
  readonly outputPlan: OutputPlan;
  /** Printed before the work begins. */
  readonly announcement: readonly string[];
  /** What --reason says. */
  readonly reason: string | null;
  readonly work: (database: Database, options: RunOptions, author: Author) => Promise<Result<Ending>>;
  /** How it ends if it could not begin: no connection, or no lock. */
  readonly notStarted: (cause: unknown) => Ending;
  /** @param registry - null also if the run ended before it was read */
  readonly conclude: (ending: Ending, registry: Registry | null) => Conclusion | Promise<Conclusion>;
  readonly outcome: (ending: Ending) => Outcome;
}

/**
 * Runs a command on the tables, from connecting to the report.
 *
 * @throws UsageError from its work
 */
export async function runOnTables<Ending>(run: TableRun<Ending>, host: Host): Promise<ExitCode> {
  const { database, outputPlan, keys } = run;
  const output = createOutput(host, outputPlan.quiet);
  const { host: server, port, name, user } = database;
  const startedAt = new Date().toISOString();
  const author = thisAuthor(run.reason);
  const { inspected, registry, result } = await workOnTables(run, host, output, author);
  const conclusion = await run.conclude(result.ending, registry);
  const report = createReport(
    {
      ...{ runId: author.runId, startedAt, command: run.command, dryRun: run.access === 'rehearse', keys },
      fields: host.encryptedFields.map((field) => ({
        name: field.name,
        model: field.model,
        table: inspected.find((each) => each.name === field.name)?.table.label ?? null,
      })),
      operator: { user: author.operator, host: author.host },
      database: { host: server, port, name, user },
    },
    run.outcome(result.ending),
    result.phases,
    conclusion,
  );
  publish(report, outputPlan, conclusion, host, output);
  return conclusion.exitCode;
}

async function workOnTables<Ending>(
  { access, writers = 1, database, keys, outputPlan, announcement, work, notStarted }: TableRun<Ending>,
  host: Host,
  output: Output,
  author: Author,
): Promise<{
  readonly inspected: readonly InspectedField[];
  readonly registry: Registry | null;
  readonly result: Result<Ending>;
}> {
  const { interruption, env, encryptedFields } = host;
  const observer = await createObserver(
    output,
    host.stderr,
    { ...outputPlan, keys },
    wordsFor(encryptedFields.length),
    interruption,
  );
  const inspected: InspectedField[] = [];
  let registry: Registry | null = null;
  warnIfUnencrypted(database, env, output);
  const onWarning = (text: string) => output.warn(`the server warns: ${text}`);
  try {
    const result = await withDatabase(
      database,
      encryptedFields,
      { access, writers, signal: interruption, onWarning },
      (opened) => {
        inspected.push(...opened.fields);
        registry = opened.registry;
        announce(inspected, database, access, announcement, output);
        return opened.withLock((fields, lost) =>
          work(opened, { fields, signal: AbortSignal.any([interruption, lost]), observer, workersFor }, author),
        );
      },
    );
    return { inspected, registry, result };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const cause: unknown = interruption.aborted ? interruption.reason : error;
    return { inspected, registry, result: { ending: notStarted(cause), phases: [] } };
  }
}
