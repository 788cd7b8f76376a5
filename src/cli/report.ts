import { z } from 'zod';
import type { RunResult } from '../rotation/run.ts';
import type { Census } from '../rotation/survey.ts';
import { VERSION } from './command-line.ts';
import type { Conclusion } from './conclusion.ts';
import type { Config } from './config.ts';

const rows = z.int().nonnegative();
const fingerprint = z.string().regex(/^[0-9a-f]{16}$/u);
const census = z.object({ rows, underOldKey: rows, underNewKey: rows, unreadable: rows });
const unreadableRow = z.object({
  id: z.string(),
  reason: z.enum(['malformed', 'not-authentic']),
  column: z.enum(['iv', 'content', 'tag']).nullable(),
  problem: z.string().nullable(),
});

/** What every run reports. Enough for an incident log, and nothing secret. */
export const reportSchema = z.object({
  formatVersion: z.literal(1),
  runId: z.uuid(),
  tool: z.string().describe('name and version'),
  command: z.enum(['rotate', 'rollback', 'verify', 'restore']),
  dryRun: z.boolean(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  operator: z.object({ user: z.string(), host: z.string() }),
  database: z.object({ host: z.string(), port: z.int(), name: z.string(), user: z.string() }),
  table: z.string().nullable().describe('schema.table; null where the run ended before it was found'),
  keys: z
    .object({ old: fingerprint.nullable(), new: fingerprint.nullable() })
    .describe('fingerprints; null for a key that the command does not use'),
  before: census.nullable().describe('what the preflight found; null where it did not get to its end, or there is none'),
  after: census.nullable().describe('what the last full pass after the last write found; null where there was none'),
  rotated: rows.describe('rows that this run moved to the other key'),
  changedByOthers: z.object({
    conflicts: rows.describe('writes that found another value than the one that was read'),
    gone: rows.describe('of those: the row no longer exists'),
    alreadyRotated: rows.describe('of those: the row was under the key to reach'),
    came: rows.describe('rows that were not there before; together with went, exact as long as both are below a thousand'),
    went: rows.describe('rows that are not there any more'),
    late: rows.describe('rows that the first verification found under the source key, and that needed another round'),
  }),
  plaintexts: z.enum(['unchanged', 'changed', 'not compared']).describe('the set of all (id, plaintext), before against after'),
  unreadable: z.array(unreadableRow).describe('the first 1000 rows that no key opens'),
  restore: z
    .object({
      restored: rows,
      alreadyRestored: rows,
      gone: rows.describe('were not found by their id'),
      changed: rows.describe('hold another value than the backup knows, and were left alone'),
      changedIds: z.array(z.string()).describe('the first 1000 of those'),
    })
    .nullable()
    .describe('what became of the rows in the backup; with dryRun, what would become of them; null for other commands'),
  phases: z.array(
    z.object({ name: z.enum(['preflight', 'rotate', 'verify', 'restore']), rows, seconds: z.number().nonnegative() }),
  ),
  outcome: z.string().describe('how the run ended'),
  exitCode: z.int(),
  summary: z.string(),
  details: z.array(z.string()),
  nextSteps: z.array(z.string()),
});

export type Report = z.infer<typeof reportSchema>;

export interface ReportContext {
  readonly config: Config;
  /** `schema.table`; null where the run ended before it was found. */
  readonly table: string | null;
  readonly runId: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly operator: Report['operator'];
}

export function createReport(context: ReportContext, result: RunResult, conclusion: Conclusion): Report {
  const { config } = context;
  const { host, port, name, user } = config.database;
  const { before, after, tally, ending } = result;
  return {
    formatVersion: 1,
    runId: context.runId,
    tool: `rotate-encryption-key ${VERSION}`,
    command: config.command === 'rotate' && config.target === 'old' ? 'rollback' : config.command,
    dryRun: config.command !== 'verify' && config.dryRun,
    startedAt: context.startedAt.toISOString(),
    endedAt: context.endedAt.toISOString(),
    operator: context.operator,
    database: { host, port, name, user },
    table: context.table,
    keys: {
      old: config.command === 'rotate' ? config.keys.old.fingerprint : null,
      new: config.command === 'restore' ? null : config.keys.new.fingerprint,
    },
    before: before && counts(before),
    after: after && counts(after),
    rotated: tally.rotated,
    changedByOthers: {
      conflicts: tally.conflicts,
      gone: tally.gone,
      alreadyRotated: tally.alreadyRotated,
      ...(before === null || after === null ? { came: 0, went: 0 } : before.ids.trafficUntil(after.ids)),
      late: result.late,
    },
    plaintexts: before === null || after === null ? 'not compared' : before.digest === after.digest ? 'unchanged' : 'changed',
    unreadable: unreadableRows(after ?? before),
    restore: result.restore && {
      ...result.restore,
      changed: result.restore.changed.size,
      changedIds: firstOf(result.restore.changed),
    },
    phases: [...result.phases],
    outcome: ending.kind,
    exitCode: conclusion.exitCode,
    summary: conclusion.headline,
    details: [...conclusion.details],
    nextSteps: [...conclusion.nextSteps],
  };
}

const LISTED = 1000;

function firstOf(ids: ReadonlySet<string>): string[] {
  return [...ids].slice(0, LISTED);
}

function counts({ rows: total, under, unreadable }: Census): z.infer<typeof census> {
  return { rows: total, underOldKey: under.old, underNewKey: under.new, unreadable };
}

function unreadableRows(last: Census | null): z.infer<typeof unreadableRow>[] {
  return (last?.unreadableRows ?? []).map(({ id, why }) =>
    why.kind === 'malformed'
      ? { id, reason: why.kind, column: why.column, problem: why.problem }
      : { id, reason: why.kind, column: null, problem: null },
  );
}
