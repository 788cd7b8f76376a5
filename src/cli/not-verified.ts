import type { KeyName } from '../rotation/judge.ts';
import type { RunResult } from '../rotation/run.ts';
import type { Conclusion } from './conclusion.ts';
import type { Config } from './config.ts';
import { EXIT } from './exit-code.ts';
import { SCRIPT } from './help.ts';
import { listUnreadable, rowCount } from './wording.ts';

/** Judges a run whose last full pass found rows that are not under the target key. */
export function notVerified(config: Config, source: KeyName, { after }: RunResult, runAgain: string): Conclusion {
  const rows = rowCount(after?.rows ?? 0);
  const list = after === null ? [] : listUnreadable(after);
  const keep = `keep the ${source} key`;
  if (config.command === 'verify') {
    const headline =
      after?.unreadable === after?.rows
        ? `the new key opens none of ${rows}`
        : `the new key does not open ${after?.unreadable ?? 0} of ${rows}`;
    return {
      exitCode: EXIT.notVerified,
      headline,
      details: after?.unreadable === after?.rows ? [] : list,
      nextSteps: [`${keep}, and see which key they are under: ${SCRIPT} --dry-run`],
    };
  }
  const left = after?.under[source] ?? 0;
  if (left > 0) {
    const headline = `${left} of ${rows} came in under the ${source} key while the rotation ran`;
    const stop = `a service still writes with the ${source} key: stop it, or give it the other one`;
    return { exitCode: EXIT.notVerified, headline, details: list, nextSteps: [keep, stop, runAgain] };
  }
  const headline = `${after?.unreadable ?? 0} of ${rows} became unreadable while the rotation ran`;
  return {
    exitCode: EXIT.notVerified,
    headline,
    details: list,
    nextSteps: [keep, 'find out what wrote these rows (an application, or a trigger on the table), and with which key', runAgain],
  };
}
