import { createDigestKey } from './plaintext-digest.ts';
import type { RestoreTally } from './restore.ts';
import type { Store } from './store.ts';
import { type Census, type SurveyOptions, survey, type UnreadableRow } from './survey.ts';
import { unlessAborted } from './unless-aborted.ts';
import { RowFailed, type RowOutcome, type RowProblem, type Tally } from './write-batch.ts';
import { WriteUnanswered } from './write-swaps.ts';

export type PhaseName = 'preflight' | 'rotate' | 'verify' | 'restore';

export interface Phase {
  readonly name: PhaseName;
  /** Rows dealt with: read, or in the phase of writing, written. */
  readonly rows: number;
  readonly seconds: number;
}

/** How a run ended. */
export type Ending =
  | { readonly kind: 'rotated' }
  | { readonly kind: 'nothing to do' }
  /** A dry run found nothing in the way. */
  | { readonly kind: 'rehearsed' }
  | { readonly kind: 'verified' }
  /** Rows that no key opens: nothing was written. */
  | { readonly kind: 'unreadable rows' }
  /** Rows that no key opens were skipped, all the others are under the key to reach. */
  | { readonly kind: 'all but unreadable rows' }
  | { readonly kind: 'not verified'; readonly why: Doubt }
  /** What a backup holds was put back. */
  | { readonly kind: 'restored' }
  | { readonly kind: 'row failed'; readonly id: string; readonly why: RowProblem }
  | { readonly kind: 'write unanswered'; readonly found: WriteUnanswered['found']; readonly cause: unknown }
  /** By the signal or by an error; `phase` is null where it had not begun. */
  | { readonly kind: 'stopped'; readonly phase: PhaseName | null; readonly cause: unknown };

/** What the last survey found that must not be. */
export type Doubt =
  /** Rows that no key opens, and that could be opened or were not there before the run; for a verification, any. */
  | { readonly kind: 'unreadable' }
  /** The table had rows, and has none. */
  | { readonly kind: 'emptied' }
  /**
   * Rows under the source key. Of those, `unreachable` are there for a survey, and their ids lead to nothing; `reverted` were rotated in
   * this run.
   */
  | { readonly kind: 'left'; readonly unreachable: readonly string[]; readonly reverted: readonly string[] };

/** All that is known at the end of a run, however it ended. */
export interface RunResult {
  readonly ending: Ending;
  readonly phases: readonly Phase[];
  readonly tally: Readonly<Tally>;
  /** What the preflight found; null where it did not get to its end, or where there is none. */
  readonly before: Census | null;
  /** What the last full pass found, if nothing was written after it; else null. */
  readonly after: Census | null;
  /** The last full pass that got to its end, and the tally as it was then. */
  readonly counted: { readonly census: Census; readonly tally: Readonly<Tally> } | null;
  /** Rows that were under the source key after the first pass over the table: it did not reach them, or they were written behind it. */
  readonly late: number;
  /** What a restore did; null for others. */
  readonly restore: Readonly<RestoreTally> | null;
}

/** Is told what happens while a run is under way. */
export interface Observer {
  readonly onPhase: (name: PhaseName, expectedRows: number) => void;
  /** Rows of the phase dealt with so far. */
  readonly onProgress: (rows: number) => void;
  readonly onPhaseEnd: () => void;
  readonly onCensus: (phase: PhaseName, census: Census) => void;
  readonly onRow: (id: string, outcome: RowOutcome) => void;
  readonly onUnreadable: (row: UnreadableRow) => void;
}

export interface RunOptions {
  readonly store: Store;
  /** Aborting it stops the run after the write in hand, or at once where it reads; its reason becomes the cause of the ending. */
  readonly signal: AbortSignal;
  readonly observer: Observer;
}

/** Keeps what is known of a run while its phases go by, so that a run that stops anywhere still has a result. */
export class Run {
  readonly tally: Tally = { rotated: 0, conflicts: 0, gone: 0, alreadyRotated: 0 };
  before: Census | null = null;
  after: Census | null = null;
  late = 0;
  restore: RestoreTally | null = null;
  #counted: RunResult['counted'] = null;
  readonly #options: RunOptions;
  readonly #digestKey = createDigestKey();
  readonly #phases: Phase[] = [];
  #phase: PhaseName | null = null;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  /** Times one phase. `work` reports its progress, in rows, through the function it is given. */
  async phase<T>(name: PhaseName, expectedRows: number, work: (onProgress: (rows: number) => void) => Promise<T>): Promise<T> {
    const { observer } = this.#options;
    const start = performance.now();
    let rows = 0;
    this.#phase = name;
    observer.onPhase(name, expectedRows);
    try {
      return await work((rowsSoFar) => {
        rows = rowsSoFar;
        observer.onProgress(rowsSoFar);
      });
    } finally {
      this.#phases.push({ name, rows, seconds: (performance.now() - start) / 1000 });
      observer.onPhaseEnd();
    }
  }

  /** @param known - the rows that are known to be unreadable */
  async survey(name: PhaseName, keys: SurveyOptions['keys'], known: ReadonlySet<string> = new Set()): Promise<Census> {
    const { store, signal, observer } = this.#options;
    const { onUnreadable } = observer;
    const census = await store.scan(signal, (scan) =>
      this.phase(name, scan.rows, (onProgress) =>
        survey({ scan, keys, digestKey: this.#digestKey, known, onProgress, onUnreadable }),
      ),
    );
    signal.throwIfAborted();
    this.#counted = { census, tally: { ...this.tally } };
    observer.onCensus(name, census);
    return census;
  }

  /** Waits until all that was committed so far is on the server's disk, so that no crash can take back what is said of it. */
  waitForDisk(): Promise<void> {
    const { store, signal } = this.#options;
    return unlessAborted(signal, () => store.waitForDisk());
  }

  /** Runs the phases and turns however they end into the result. Never rejects. */
  async finish(phases: () => Promise<Ending>): Promise<RunResult> {
    const ending = await phases().catch((error: unknown) => this.#endingOf(error));
    const { tally, before, after, late, restore } = this;
    return { ending, phases: this.#phases, tally, before, after, counted: this.#counted, late, restore };
  }

  #endingOf(error: unknown): Ending {
    if (error instanceof RowFailed) return { kind: 'row failed', id: error.id, why: error.why };
    if (error instanceof WriteUnanswered) return { kind: 'write unanswered', found: error.found, cause: error.cause };
    return { kind: 'stopped', phase: this.#phase, cause: error };
  }
}

/** @returns the result of a run that ended before it could begin: no connection, or no lock */
export function notStarted(cause: unknown): RunResult {
  const tally = { rotated: 0, conflicts: 0, gone: 0, alreadyRotated: 0 };
  return {
    ending: { kind: 'stopped', phase: null, cause },
    phases: [],
    tally,
    before: null,
    after: null,
    counted: null,
    late: 0,
    restore: null,
  };
}
