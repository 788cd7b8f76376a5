import type { Conclusion } from '../report/conclusion.ts';
import { EXIT } from '../report/exit-code.ts';
import type { Report } from '../report/report.ts';
import { formatSummary } from '../report/summary.ts';
import { createFile } from '../terminal/new-file.ts';
import { type Output, useColor } from '../terminal/output.ts';
import { printableJson } from '../text/printable.ts';
import type { Host } from './command.ts';
import type { OutputPlan } from './output-plan.ts';

/** Prints how a run ended, and writes its report. The work is done, so a report that cannot be written does not change the exit code. */
export function publish(
  report: Report,
  plan: OutputPlan,
  { exitCode, headline, details, nextSteps }: Conclusion,
  host: Host,
  output: Output,
): void {
  const json = printableJson(JSON.stringify(report, null, 2));
  const reported = plan.report === null || wrote(plan.report, `${json}\n`);
  if (!reported) output.warn(`the report ${plan.report} could not be written; it is printed to stdout instead`);
  if (plan.json || !reported) output.result(json);
  const summarized = !plan.json && !plan.quiet;
  if (summarized) output.result(formatSummary({ ...report, nextSteps: [...nextSteps] }, useColor(host), host.stdout.columns));
  // On a terminal the summary has just said both.
  if (exitCode === EXIT.done || (summarized && host.stdout.isTTY === true && host.stderr.isTTY === true)) return;
  // Ctrl-C also ends whatever reads stdout: then only stderr says what state the table is in.
  const state = exitCode >= EXIT.SIGHUP ? details : [];
  output.error({ message: [headline, ...state].join('; '), hint: nextSteps.join('; ') });
}

function wrote(file: string, text: string): boolean {
  try {
    createFile(file, text);
    return true;
  } catch {
    return false;
  }
}
