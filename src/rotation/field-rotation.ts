import type { KeyRing } from '../crypto/key-ring.ts';
import { type Census, countUnder, UNREADABLE_IDS_KEPT } from './census.ts';
import { doubtAbout, type ListedPass, whyLeft } from './doubt.ts';
import type { Pace } from './pace.ts';
import { readListed, readPages } from './pages.ts';
import type { Compared, Doubt, Reached, RowOutcome, Tally } from './result.ts';
import { type RotatePassOptions, rotatePass } from './rotate-pass.ts';
import type { Run, RunOptions } from './run.ts';
import type { Field, Swap } from './store.ts';
import { RunningTally } from './tally.ts';

export interface FieldRotationOptions {
  readonly ring: KeyRing;
  readonly skipUnreadable: boolean;
  /** Rows per statement, 1 or more. */
  readonly batchRows: number;
  /** Batches that are written at the same time, 1 or more. */
  readonly connections: number;
  /** Limits the rows written per second, of all fields together. */
  readonly pace: Pace;
  /** Awaited with swaps before any of them is made. */
  readonly beforeWrite: (field: string, swaps: readonly Swap[]) => Promise<void>;
}

/** The rotation of one field: what was counted, what was written, and what there is to doubt. */
export class FieldRotation {
  readonly name: string;
  /** What the preflight found. */
  readonly before: Census;
  readonly #field: Field;
  readonly #run: Run;
  readonly #options: FieldRotationOptions & RunOptions;
  readonly #tally = new RunningTally();
  #last: Census;
  #tallyThen: Tally = this.#tally.now();
  #late = 0;
  #confirmed = 0;
  #pass: ListedPass | null = null;

  constructor(field: Field, before: Census, run: Run, options: FieldRotationOptions & RunOptions) {
    this.name = field.name;
    this.before = before;
    this.#field = field;
    this.#run = run;
    this.#options = options;
    this.#last = before;
  }

  /** Rows under a source key, as of the last survey. */
  get left(): number {
    return countUnder(this.#last, this.#options.ring.sources);
  }

  /** Whether unreadable rows are passed over. More than can be remembered cannot be told from those that the run itself would ruin. */
  get skips(): boolean {
    return this.#options.skipUnreadable && this.before.unreadable <= UNREADABLE_IDS_KEPT;
  }

  /** Whether it has written anything since `confirm`. */
  get hasUnconfirmed(): boolean {
    return this.#written > this.#confirmed;
  }

  /** To be called when all that was written is on the server's disk. */
  confirm(): void {
    this.#confirmed = this.#written;
  }

  /** Whether there is anything to write. */
  get isDue(): boolean {
    return this.left > 0 || this.before.misnamed > 0;
  }

  /**
   * Moves the rows that are under a source key: in the first round all that pages reach, after that those that the survey named. Key ids are
   * corrected in the first round alone: no proof rests on them.
   */
  async pass(round: number): Promise<void> {
    const { left } = this;
    this.#pass = null;
    const misnamed = round === 1 ? this.before.misnamed : 0;
    if (left + misnamed === 0) return;
    if (round === 1 || this.#last.sourceIds.length < left) await this.#passOverAll(left + misnamed);
    if (round > 1) this.#pass = await this.#passOverListed();
  }

  /** A row counts as being under the target key only because that key alone opened it. */
  async verify(round: number): Promise<void> {
    const { ring } = this.#options;
    this.#last = await this.#run.survey('verify', this.#field, ring, this.before.unreadableIds);
    this.#tallyThen = this.#tally.now();
    if (round === 1) this.#late = this.left;
  }

  /** @param isLastRound - whether rows that are left under a source key are given up */
  doubt(isLastRound: boolean): Doubt | null {
    return (
      doubtAbout(this.before, this.#last) ?? (isLastRound && this.left > 0 ? whyLeft(this.left, this.#last, this.#pass) : null)
    );
  }

  compared(): Compared {
    return { field: this.name, before: this.before, after: this.#last, tally: this.#tally.now(), late: this.#late };
  }

  reached(): Reached {
    const { name, before } = this;
    return { field: name, before, last: this.#last, tallyThen: this.#tallyThen, tally: this.#tally.now() };
  }

  get #written(): number {
    const { rotated, named } = this.#tally.now();
    return rotated + named;
  }

  async #passOverAll(left: number): Promise<void> {
    const { signal, observer } = this.#options;
    const { rows, largestRow } = this.#last;
    await this.#rotate(left, readPages(this.#field.store, largestRow, rows, signal), (id, outcome) =>
      observer.onRow(this.name, id, outcome),
    );
  }

  async #passOverListed(): Promise<ListedPass> {
    const { signal, observer } = this.#options;
    const { largestRow, sourceIds } = this.#last;
    const pass = { missing: new Set<string>(), rotated: new Set<string>() };
    const pages = readListed(this.#field.store, sourceIds, largestRow, signal, (id) => pass.missing.add(id));
    await this.#rotate(sourceIds.length, pages, (id, outcome) => {
      if (outcome === 'rotated') pass.rotated.add(id);
      // The scan has just read it: its id leads nowhere.
      if (outcome === 'gone') pass.missing.add(id);
      observer.onRow(this.name, id, outcome);
    });
    return pass;
  }

  #rotate(rows: number, pages: RotatePassOptions['pages'], onRow: (id: string, outcome: RowOutcome) => void): Promise<void> {
    const field = this.#field;
    const beforeWrite = (swaps: readonly Swap[]) => this.#options.beforeWrite(this.name, swaps);
    return this.#run.time('rotate', this.name, rows, async (onProgress) => {
      const work = await this.#run.workOn(field, this.#options.ring, rows);
      await rotatePass({ ...this.#options, field, work, pages, beforeWrite, onRow, onProgress, tally: this.#tally });
    });
  }
}
