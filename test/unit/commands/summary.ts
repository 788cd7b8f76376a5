import { expect } from 'vitest';
import type { Conclusion } from '../../../src/report/conclusion.ts';
import { createReport, type NamedKey, type Outcome, type ReportContext } from '../../../src/report/report.ts';
import { reportSchema } from '../../../src/report/report-schema.ts';
import { formatSummary } from '../../../src/report/summary.ts';
import type { Phase, PhaseName } from '../../../src/rotation/result.ts';
import { FIELD } from './endings.ts';

const COLUMNS = 80;

const ONLY: ReportContext['fields'] = [{ name: FIELD, model: 'UserApiKey', table: 'public.user_api_keys' }];

/** @returns the summary of a run on the fields, as a terminal of 80 columns shows it; their tables are unknown if no phase has begun */
export function summary(
  command: ReportContext['command'],
  keys: readonly NamedKey[],
  phases: readonly PhaseName[],
  outcome: Outcome,
  conclusion: Conclusion,
  fields: ReportContext['fields'] = ONLY,
  dryRun = false,
): string {
  const context: ReportContext = {
    ...{ runId: '00000000-0000-4000-8000-000000000001', startedAt: new Date(0).toISOString(), command, dryRun, keys },
    operator: { user: 'ops', host: 'laptop' },
    fields: phases.length === 0 ? fields.map((field) => ({ ...field, table: null })) : fields,
    database: { host: 'db.example.com', port: 5432, name: 'app', user: 'app' },
  };
  const timed: Phase[] = phases.map((name, index) => ({ name, field: null, rows: 12, seconds: 1.25 * (index + 1) }));
  const report = createReport(context, outcome, timed, conclusion);
  expect(reportSchema.safeParse(report).error).toBeUndefined();
  const text = formatSummary({ ...report, nextSteps: [...conclusion.nextSteps] }, false, COLUMNS);
  for (const line of text.split('\n')) {
    const hasLongWord = line.split(' ').some((word) => word.length > COLUMNS - 12);
    if (!hasLongWord && !line.includes('npx tsx')) expect(line.length, line).toBeLessThanOrEqual(COLUMNS);
  }
  return `\n${text}\n`;
}
