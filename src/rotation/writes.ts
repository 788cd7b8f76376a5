import { RowFailed } from './row-failed.ts';
import type { Failure } from './write-failure.ts';
import { WriteInDoubt } from './write-swaps.ts';

/** A batch whose writing has begun. */
interface Begun {
  /** The ids of its rows that are known to be written. */
  readonly written: string[];
  state: 'under way' | 'ended' | { readonly error: unknown };
  readonly end: Promise<void>;
}

/** How many batches for each place may have begun since the oldest that has not ended. */
const BEYOND = 16;

/**
 * Writes batches in the order in which they are given, so many at a time. After one has failed no other begins, and those under way
 * come to their end.
 */
export class Writes<Batch> {
  readonly #places: number;
  readonly #write: (batch: Batch, onWritten: (id: string) => void) => Promise<void>;
  /** From the oldest on that has not ended well. */
  readonly #begun: Begun[] = [];

  /**
   * @param places - how many batches at a time
   * @param write - writes one, and tells of each row that is known to be written
   */
  constructor(places: number, write: (batch: Batch, onWritten: (id: string) => void) => Promise<void>) {
    this.#places = places;
    this.#write = write;
  }

  /** Resolves once there is a place for another batch. @throws as `end` does */
  async waitForPlace(): Promise<void> {
    while (!this.hasFailed && this.#isFull) await Promise.race(this.#underWay.map(({ end }) => end));
    if (this.hasFailed) await this.end();
  }

  begin(batch: Batch): void {
    const written: string[] = [];
    const writing = this.#write(batch, (id) => written.push(id));
    const begun: Begun = {
      written,
      state: 'under way',
      end: writing.then(
        () => this.#settle(begun, 'ended'),
        (error: unknown) => this.#settle(begun, { error }),
      ),
    };
    this.#begun.push(begun);
  }

  /**
   * Resolves once every batch is written.
   *
   * @throws what the first batch that failed threw, in the order of the batches, once all have come to their end; a write in doubt comes
   * before other failures. A RowFailed and a WriteInDoubt say what became of the other batches.
   */
  async end(): Promise<void> {
    await Promise.all(this.#begun.map(({ end }) => end));
    const failed = this.#begun.flatMap(({ state }, place) => (typeof state === 'object' ? [{ place, error: state.error }] : []));
    const [first] = failed;
    if (first === undefined) return;
    const written = this.#begun.slice(first.place + 1).flatMap((begun) => begun.written);
    const told = failed.find(({ error }) => error instanceof WriteInDoubt) ?? first;
    if (!isWriteFailure(told.error)) throw told.error;
    const others = failed.flatMap(({ error }): Failure[] =>
      error === told.error ? [] : [isWriteFailure(error) ? error.failure : { kind: 'other', cause: error }],
    );
    const readAgain = new Set(
      [told.error.failure, ...others].flatMap((failure) => (failure.kind === 'write-in-doubt' ? failure.found.written : [])),
    );
    throw told.error.with({ others, beyond: written.filter((id) => !readAgain.has(id)) });
  }

  /** Whether any has failed: then no other begins. */
  get hasFailed(): boolean {
    return this.#begun.some(({ state }) => typeof state === 'object');
  }

  /** Also behind one that takes long: if it fails, the message names all that was written beyond it. */
  get #isFull(): boolean {
    return this.#underWay.length >= this.#places || this.#begun.length >= this.#places * BEYOND;
  }

  get #underWay(): readonly Begun[] {
    return this.#begun.filter(({ state }) => state === 'under way');
  }

  #settle(begun: Begun, state: Begun['state']): void {
    begun.state = state;
    while (this.#begun[0]?.state === 'ended') this.#begun.shift();
  }
}

function isWriteFailure(error: unknown): error is RowFailed | WriteInDoubt {
  return error instanceof RowFailed || error instanceof WriteInDoubt;
}
