import type { Census, UnreadableRow } from './census.ts';
import type { Unreadable } from './judge.ts';

export type PhaseName = 'preflight' | 'rotate' | 'verify' | 'restore';

export interface Phase {
  readonly name: PhaseName;
  /** Rows processed: read or, in a phase that writes, written. */
  readonly rows: number;
  readonly seconds: number;
}

/** What happened to the rows that a run tried to write. */
export interface Tally {
  readonly rotated: number;
  /** Swaps that found a value other than the one that was read: the application had changed or deleted the row. */
  readonly conflicts: number;
  /** Of the conflicts: the row no longer exists. */
  readonly gone: number;
  /** Of the conflicts: the application itself had written the row with the target key. */
  readonly alreadyRotated: number;
}

export type RowOutcome = 'rotated' | 'already-rotated' | 'gone' | 'unreadable' | 'restored';

/** Why a row could not be rotated. */
export type RowProblem = Unreadable | { readonly kind: 'conflicts'; readonly attempts: number };

/** What was found when the rows of a failed write were read again. */
export type FoundAgain = Readonly<Record<'written' | 'notWritten' | 'unknown', readonly string[]>>;

/** The counts before a run, and after its last write. */
export interface Compared {
  readonly before: Census;
  readonly after: Census;
  readonly tally: Tally;
  /** Rows that were under a source key after the first pass over the table: it did not reach them, or they were written after it had passed. */
  readonly late: number;
}

/** Why the last survey is not a proof. */
export type Doubt =
  /** Rows that no key can decrypt, and that could be decrypted, or did not exist, before the run. */
  | { readonly kind: 'ruined'; readonly count: number; readonly rows: readonly UnreadableRow[] }
  /** Half of the rows or more are gone, or partitions or child tables were added or removed. */
  | { readonly kind: 'rows-gone'; readonly went: number }
  | { readonly kind: 'parts-changed' }
  /** Transactions that have written and are still open, as text: nobody can see yet what they wrote. */
  | { readonly kind: 'uncommitted'; readonly transactions: readonly string[] }
  /** Rows under a source key that cannot be found by id: only a full scan sees them. */
  | { readonly kind: 'unreachable'; readonly count: number; readonly ids: readonly string[] }
  /** Rows that were rotated in this run, and are under a source key again. */
  | { readonly kind: 'reverted'; readonly count: number; readonly ids: readonly string[] }
  /** Rows under a source key that were written during the run. */
  | { readonly kind: 'written-meanwhile'; readonly count: number };

/** How far a run had come when it stopped. */
export type Reached =
  | { readonly kind: 'nothing-counted' }
  /** `last` is the last full survey, `tallyThen` the tally at that time, and `tally` the tally at the end. */
  | {
      readonly kind: 'counted';
      readonly before: Census;
      readonly last: Census;
      readonly tallyThen: Tally;
      readonly tally: Tally;
    };

/** By the signal or by an error; `phase` is null if none had begun. */
interface Stopped<Progress> {
  readonly kind: 'stopped';
  readonly phase: PhaseName | null;
  readonly cause: unknown;
  readonly reached: Progress;
}

/** A write failed, or its answer was lost: only reading the rows again could tell whether it took effect. */
interface InDoubt<Progress> {
  readonly kind: 'write-in-doubt';
  readonly found: FoundAgain;
  readonly cause: unknown;
  readonly reached: Progress;
}

export type RotateEnding =
  | ({ readonly kind: 'rotated' } & Compared)
  /** Rows that no key can decrypt were skipped, all others are under the target key. */
  | ({ readonly kind: 'rotated-except-unreadable' } & Compared)
  | ({ readonly kind: 'not-verified'; readonly doubt: Doubt } & Compared)
  | { readonly kind: 'nothing-to-do'; readonly census: Census }
  /** A dry run found no problems. */
  | { readonly kind: 'rehearsed'; readonly census: Census }
  /** Rows that no key can decrypt: nothing was written. */
  | { readonly kind: 'unreadable-rows'; readonly census: Census }
  | { readonly kind: 'row-failed'; readonly id: string; readonly why: RowProblem; readonly reached: Reached }
  | InDoubt<Reached>
  | Stopped<Reached>;

export type VerifyEnding =
  | { readonly kind: 'verified'; readonly census: Census }
  /** Rows that the target key cannot decrypt, or transactions that have written and are still open. */
  | { readonly kind: 'not-verified'; readonly census: Census }
  | Stopped<null>;

/** What happened to the rows of a backup. */
export interface RestoreTally {
  /** Put back or, in a dry run, to be put back. */
  readonly restored: number;
  /** Already held the value from before the rotation. */
  readonly alreadyRestored: number;
  /** Were not found by their id: deleted, or hidden by a damaged index. */
  readonly gone: number;
  /** Hold a value that the rotation neither found nor wrote: the application has changed them since. */
  readonly changed: ReadonlySet<string>;
}

export type RestoreEnding =
  | { readonly kind: 'restored'; readonly tally: RestoreTally }
  | InDoubt<RestoreTally>
  | Stopped<RestoreTally>;

/** All that is known at the end of a run, however it ended. */
export interface Result<Ending> {
  readonly ending: Ending;
  readonly phases: readonly Phase[];
}
