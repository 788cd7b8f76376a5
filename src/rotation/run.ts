import type { KeyRing } from '../crypto/key-ring.ts';
import type { Layout } from '../layout/layout.ts';
import type { Census, UnreadableRow } from './census.ts';
import { createDigestKey } from './plaintext-digest.ts';
import type { Phase, PhaseName, RowOutcome } from './result.ts';
import type { Store } from './store.ts';
import { survey } from './survey.ts';
import { unlessAborted } from './unless-aborted.ts';

/** Is called with what happens during a run. */
export interface Observer {
  readonly onPhase: (name: PhaseName, expectedRows: number) => void;
  /** Rows of the phase processed so far. */
  readonly onProgress: (rows: number) => void;
  readonly onPhaseEnd: () => void;
  readonly onCensus: (phase: PhaseName, census: Census) => void;
  readonly onRow: (id: string, outcome: RowOutcome) => void;
  readonly onUnreadable: (row: UnreadableRow) => void;
}

export interface RunOptions {
  readonly store: Store;
  readonly layout: Layout;
  /** Aborting it stops the run after the current write, or at once if it is reading; its reason becomes the cause of the ending. */
  readonly signal: AbortSignal;
  readonly observer: Observer;
}

/** The phases of a run, timed and reported to its observer. */
export class Run {
  readonly #options: RunOptions;
  readonly #digestKey = createDigestKey();
  /** The phases that have ended. */
  readonly phases: Phase[] = [];
  /** The last phase that began; null if none did. */
  phase: PhaseName | null = null;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  /** Times one phase. `work` reports its progress, in rows, through the function it is given. */
  async time<T>(name: PhaseName, expectedRows: number, work: (onProgress: (rows: number) => void) => Promise<T>): Promise<T> {
    const { observer } = this.#options;
    const start = performance.now();
    let rows = 0;
    this.phase = name;
    observer.onPhase(name, expectedRows);
    try {
      return await work((rowsSoFar) => {
        rows = rowsSoFar;
        observer.onProgress(rowsSoFar);
      });
    } finally {
      this.phases.push({ name, rows, seconds: (performance.now() - start) / 1000 });
      observer.onPhaseEnd();
    }
  }

  /** @param known - the rows that are known to be unreadable */
  async survey(name: PhaseName, ring: KeyRing, known: ReadonlySet<string> = new Set()): Promise<Census> {
    const { store, layout, signal, observer } = this.#options;
    const { onUnreadable } = observer;
    const census = await store.scan(signal, (scan) =>
      this.time(name, scan.rows, (onProgress) =>
        survey({ scan, ring, layout, digestKey: this.#digestKey, known, onProgress, onUnreadable }),
      ),
    );
    signal.throwIfAborted();
    observer.onCensus(name, census);
    return census;
  }

  /** Waits until everything committed so far is on the server's disk, so that no crash can undo what was reported. */
  waitForDisk(): Promise<void> {
    const { store, signal } = this.#options;
    return unlessAborted(signal, () => store.waitForDisk());
  }
}
