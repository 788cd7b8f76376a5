import { setTimeout } from 'node:timers/promises';
import type { KeyRing } from '../crypto/key-ring.ts';
import type { Census, UnreadableRow } from './census.ts';
import { createDigestKey } from './plaintext-digest.ts';
import type { Durability, FieldCensus, Phase, PhaseName, RowOutcome } from './result.ts';
import type { Field } from './store.ts';
import { survey } from './survey.ts';
import { unlessAborted } from './unless-aborted.ts';
import { createValueWork, type ValueWork, type Workers } from './value-work.ts';

/** Is called with what happens during a run. */
export interface Observer {
  readonly onPhase: (name: PhaseName, field: string | null, expectedRows: number) => void;
  /** Rows of the phase dealt with so far. */
  readonly onProgress: (rows: number) => void;
  readonly onPhaseEnd: () => void;
  readonly onCensus: (phase: PhaseName, field: string, census: Census) => void;
  readonly onRow: (field: string, id: string, outcome: RowOutcome) => void;
  readonly onUnreadable: (field: string, row: UnreadableRow) => void;
}

const LAST_WAIT_MS = 5000;

export interface RunOptions {
  /** In the order of the schema. */
  readonly fields: readonly Field[];
  /** Aborting it stops the run after the current write, or at once if it is reading; its reason becomes the cause of the ending. */
  readonly signal: AbortSignal;
  readonly observer: Observer;
  /** Starts what decrypts and re-encrypts so many rows; null, or if it is left out: the thread of the caller does. */
  readonly workersFor?: (rows: number) => Promise<Workers | null>;
}

/** The phases of a run, timed and reported to its observer. */
export class Run {
  readonly #options: RunOptions;
  readonly #digestKey = createDigestKey();
  #workers: Workers | null = null;
  /** The phases that have ended. */
  readonly phases: Phase[] = [];
  /** The last phase that began; null if none did. */
  phase: PhaseName | null = null;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  /** Times one phase, of a field or of all. `work` reports its progress, in rows, through the function it is given. */
  async time<T>(
    name: PhaseName,
    field: string | null,
    expectedRows: number,
    work: (onProgress: (rows: number) => void) => Promise<T>,
  ): Promise<T> {
    const { observer } = this.#options;
    const start = performance.now();
    let rows = 0;
    this.phase = name;
    observer.onPhase(name, field, expectedRows);
    try {
      return await work((rowsSoFar) => {
        rows = rowsSoFar;
        observer.onProgress(rowsSoFar);
      });
    } finally {
      this.phases.push({ name, field, rows, seconds: (performance.now() - start) / 1000 });
      observer.onPhaseEnd();
    }
  }

  /** @param known - the rows that are known to be unreadable */
  async survey(phase: PhaseName, field: Field, ring: KeyRing, known: ReadonlySet<string> = new Set()): Promise<Census> {
    const { signal, observer } = this.#options;
    const { name, store } = field;
    const onUnreadable = (row: UnreadableRow) => observer.onUnreadable(name, row);
    const census = await store.scan(signal, (scan) =>
      this.time(phase, name, scan.rows, async (onProgress) =>
        survey({ scan, ring, work: await this.workOn(field, ring, scan.rows), known, onProgress, onUnreadable }),
      ),
    );
    signal.throwIfAborted();
    observer.onCensus(phase, name, census);
    return census;
  }

  /** @param rows - how many there are, roughly */
  async workOn({ layout }: Field, ring: KeyRing, rows: number): Promise<ValueWork> {
    const options = { ring, layout, digestKey: this.#digestKey };
    this.#workers ??= (await this.#options.workersFor?.(rows)) ?? null;
    return this.#workers === null ? createValueWork(options) : this.#workers.workOn(options);
  }

  /** Ends the worker threads, if there are any. */
  async end(): Promise<void> {
    await this.#workers?.end();
  }

  /** @returns what a pass over each field found, one after the other */
  async surveyAll(phase: PhaseName, ring: KeyRing): Promise<FieldCensus[]> {
    const found: FieldCensus[] = [];
    for (const field of this.#options.fields) found.push({ field: field.name, census: await this.survey(phase, field, ring) });
    return found;
  }

  /**
   * Tries for a few seconds to put on the server's disk what was committed before the run stopped.
   *
   * @returns whether it is there; if not, a crash of the server may undo the last of it
   */
  async tryDisk(): Promise<Durability> {
    const limit = new AbortController();
    const wait = async () => {
      await this.#options.fields[0]?.store.waitForDisk();
      return 'flushed' as const;
    };
    const tooLate = setTimeout(LAST_WAIT_MS, 'unknown' as const, { signal: limit.signal });
    try {
      return await Promise.race([wait(), tooLate]);
    } catch {
      return 'unknown';
    } finally {
      limit.abort();
    }
  }

  /** Waits until everything committed so far is on the server's disk, so that no crash can undo what was reported. */
  waitForDisk(): Promise<void> {
    const { fields, signal } = this.#options;
    return unlessAborted(signal, async () => fields[0]?.store.waitForDisk());
  }
}
