import type { Observer } from '../rotation/run.ts';
import type { RunOptions } from './command-line.ts';
import type { Output, OutputStream } from './output.ts';
import { createBar, createLines, type Progress } from './progress.ts';
import { censusLine, unreadableReason } from './wording.ts';

/** Shows on stderr what a run does: a bar or now and then a line, what each survey found, and with `--verbose` each row. */
export function createObserver(output: Output, stderr: OutputStream, options: RunOptions, interruption: AbortSignal): Observer {
  const verbose = options.verbose === true;
  // A bar and a line per row would overwrite each other.
  const progress: Progress = stderr.isTTY && !verbose && !options.quiet ? createBar(stderr) : createLines(output.say);
  interruption.addEventListener('abort', () => {
    progress.end();
    output.say('stopping after the write in hand (once more: at once)');
  });
  return {
    onPhase: progress.begin,
    onProgress: progress.update,
    onPhaseEnd: progress.end,
    onCensus: (phase, census) => output.say(`${phase}: ${censusLine(census)}`),
    onRow: (id, outcome) => {
      if (!verbose) return;
      output.say(outcome === 'rotated' ? `Rotated key ${id}` : `${outcome}: key ${id}`);
    },
    onUnreadable: ({ id, why }) => {
      if (verbose) output.say(`unreadable key ${id}: ${unreadableReason(why)}`);
    },
  };
}
