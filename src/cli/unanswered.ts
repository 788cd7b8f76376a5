import { DatabaseError } from '../database/database-error.ts';
import type { KeyName } from '../rotation/judge.ts';
import type { Ending, RunResult } from '../rotation/run.ts';
import type { Conclusion } from './conclusion.ts';
import type { Config } from './config.ts';
import { restoreState } from './restored.ts';
import { stoppedBy } from './stopped-by.ts';
import { listed, rowCount } from './wording.ts';

type Unanswered = Extract<Ending, { kind: 'write unanswered' }>;

/** Judges a run that ended with a write that failed, and says what is known of its rows. */
export function unanswered(config: Config, result: RunResult, ending: Unanswered, target: KeyName, runAgain: string): Conclusion {
  const { exitCode, headline, nextSteps } = stoppedBy(ending.cause, runAgain);
  const refused = isRefused(ending);
  const { written, notWritten, unknown } = ending.found;
  const soFar = refused ? '' : ' so far, but the server may still be at it';
  const either =
    config.command === 'restore' ? 'it holds what the rotation wrote, or what it found' : 'it is under one of the two keys';
  const rows = [
    ...written.map((id) => `row ${id} was read again: it was written`),
    ...notWritten.map((id) => `row ${id} was read again: it was not written${soFar}`),
    ...unknown.map((id) => `row ${id} could not be read again: ${refused ? 'it was not written' : either}`),
  ];
  const state = config.command === 'restore' ? restoreState(result.restore) : tableState(result, target);
  return { exitCode, headline: `a write failed: ${headline}`, details: [...listed(rows), ...state], nextSteps };
}

/** Says what is in the table after a run that stopped: counted from the last full pass and the writes since, as nothing is read any more. */
export function tableState({ counted, tally, ending }: RunResult, target: KeyName): string[] {
  const inDoubt = ending.kind === 'write unanswered' && !isRefused(ending);
  const unknown = inDoubt ? ending.found.unknown.length : 0;
  if (counted === null || (tally.rotated === 0 && !inDoubt)) return ['nothing was written'];
  const source: KeyName = target === 'new' ? 'old' : 'new';
  const { under } = counted.census;
  const moved = tally.rotated + tally.alreadyRotated - counted.tally.rotated - counted.tally.alreadyRotated;
  const left = under[source] - moved - (tally.gone - counted.tally.gone) - unknown;
  const inOneOfBoth = unknown > 0 ? `, ${unknown} under one of the two` : '';
  return [
    `${rowCount(tally.rotated)} rotated in this run`,
    `${rowCount(under[target] + moved)} under the ${target} key, ${Math.max(0, left)} still under the ${source} key${inOneOfBoth}`,
    ...(tally.conflicts > 0 ? ['an application wrote to the table meanwhile: --dry-run counts the rows anew'] : []),
  ];
}

/** Whether the server itself said that the write failed: without its answer the write may come even after the rows were read again. */
function isRefused({ cause }: { readonly cause: unknown }): boolean {
  return cause instanceof DatabaseError && cause.refused;
}
