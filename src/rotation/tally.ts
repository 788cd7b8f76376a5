import type { RowOutcome, Tally } from './result.ts';

/** Counts what happens to the rows during a run, so that the counts are right whenever the run ends. */
export class RunningTally {
  #tally = { rotated: 0, conflicts: 0, gone: 0, alreadyRotated: 0, named: 0 };

  settle(outcome: RowOutcome): void {
    if (outcome === 'rotated') this.#tally.rotated += 1;
    if (outcome === 'already-rotated') this.#tally.alreadyRotated += 1;
    if (outcome === 'named') this.#tally.named += 1;
    if (outcome === 'gone') this.#tally.gone += 1;
  }

  conflict(): void {
    this.#tally.conflicts += 1;
  }

  now(): Tally {
    return { ...this.#tally };
  }
}
