import type { z } from 'zod';
import type { Census } from '../rotation/census.ts';
import type { Phase } from '../rotation/result.ts';
import { plain } from '../text/wrap.ts';
import { VERSION } from '../version.ts';
import type { Conclusion } from './conclusion.ts';
import type { census, reportSchema } from './report-schema.ts';

/** The tool's name and version. */
export const TOOL = `rotate-encryption-key ${VERSION}`;

export type Report = z.infer<typeof reportSchema>;
/** A key as it is printed. */
export type NamedKey = Report['keys'][number];
export type FieldReport = Report['fields'][number];

/** What a command knows about its end, in addition to the conclusion. */
export interface Outcome {
  readonly ending: Report['ending'];
  readonly doubt: Report['doubt'];
  readonly unregistered: Report['unregistered'];
  readonly notYet: Report['notYet'];
  /** By the name of the field; nothing is known about those that are not there. */
  readonly fields: ReadonlyMap<string, FieldOutcome>;
}

export type FieldOutcome = Omit<FieldReport, 'name' | 'model' | 'table'>;

/** What is the same for every command. */
export type ReportContext = Pick<Report, 'runId' | 'command' | 'dryRun' | 'startedAt' | 'operator' | 'database'> & {
  readonly keys: readonly NamedKey[];
  readonly fields: readonly Pick<FieldReport, 'name' | 'model' | 'table'>[];
};

export function createReport(
  { runId, command, dryRun, operator, database, startedAt, keys, fields }: ReportContext,
  { ending, doubt, unregistered, notYet, fields: found }: Outcome,
  phases: readonly Phase[],
  { exitCode, headline, details, nextSteps }: Conclusion,
): Report {
  return {
    formatVersion: 2,
    runId,
    tool: TOOL,
    command,
    dryRun,
    startedAt,
    endedAt: new Date().toISOString(),
    operator,
    database,
    keys: [...keys],
    ending,
    doubt,
    exitCode,
    fields: fields.map((field) => ({ ...field, ...(found.get(field.name) ?? NOTHING_KNOWN) })),
    unregistered,
    notYet,
    phases: [...phases],
    summary: plain(headline),
    details: details.map(plain),
    nextSteps: nextSteps.map(plain),
  };
}

/** The outcome of a field about which nothing is known. */
export const NOTHING_KNOWN: FieldOutcome = {
  before: null,
  after: null,
  rotated: 0,
  named: 0,
  meanwhile: { conflicts: 0, gone: 0, alreadyRotated: 0, came: 0, went: 0, late: 0 },
  plaintexts: 'not-compared',
  unreadable: [],
  restore: null,
};

export function countsOf({ rows: total, withoutValue, misnamed, under, unreadable }: Census): z.infer<typeof census> {
  const underKeys = [...under].map(([of, count]) => ({ fingerprint: of, rows: count }));
  return { rows: total, withoutValue, underKeys, unreadable, misnamed };
}

export function unreadableOf({ unreadableRows }: Census): FieldReport['unreadable'] {
  return unreadableRows.map(({ id, why }) =>
    why.kind === 'malformed'
      ? { id, reason: why.kind, column: why.column, misfit: why.misfit }
      : { id, reason: why.kind, column: null, misfit: null },
  );
}
