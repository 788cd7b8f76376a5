import type { NamedKey } from '../report/report.ts';
import type { Words } from '../report/total.ts';
import { censusLine, unreadableReason } from '../report/wording.ts';
import type { Observer } from '../rotation/run.ts';
import type { Output, OutputStream } from './output.ts';
import { createLines, type Progress } from './progress.ts';

/** Shows on stderr what a run does: a bar or occasional lines, what each survey found, and with `--verbose` each row. */
export async function createObserver(
  output: Output,
  stderr: OutputStream,
  { verbose, quiet, keys }: { readonly verbose: boolean; readonly quiet: boolean; readonly keys: readonly NamedKey[] },
  { prefix, noun }: Words,
  interruption: AbortSignal,
): Promise<Observer> {
  // A bar and a line per row would overwrite each other.
  const hasBar = stderr.isTTY && !verbose && !quiet;
  const progress: Progress = hasBar ? (await import('./bar.ts')).createBar(stderr) : createLines(output.say);
  interruption.addEventListener('abort', () => {
    progress.end();
    output.say('finishing the current write; send the signal again to quit now');
  });
  return {
    onPhase: (phase, field, expected) => progress.begin(phase, noun === 'value' ? field : null, expected),
    onProgress: progress.update,
    onPhaseEnd: progress.end,
    onCensus: (phase, field, census) => output.say(`${phase}: ${prefix(field)}${censusLine(census, keys)}`),
    onRow: (field, id, outcome) => {
      if (!verbose) return;
      output.say(`${prefix(field)}${outcome === 'rotated' ? `Rotated key ${id}` : `${outcome.replace('-', ' ')}: key ${id}`}`);
    },
    onUnreadable: (field, { id, why }) => {
      if (verbose) output.say(`${prefix(field)}unreadable key ${id}: ${unreadableReason(why)}`);
    },
  };
}
