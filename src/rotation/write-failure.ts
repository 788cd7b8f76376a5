import type { Unreadable } from './judge.ts';

/** Why a row could not be rotated. */
export type RowProblem = Unreadable | { readonly kind: 'conflicts'; readonly attempts: number };

/** What was found when the rows of a failed write were read again. */
export type FoundAgain = Readonly<Record<'written' | 'notWritten' | 'unknown', readonly string[]>>;

/** A row that can neither be rotated nor, if unreadable, be skipped. */
export interface RowFailure {
  readonly kind: 'row-failed';
  readonly id: string;
  readonly why: RowProblem;
}

/** A write failed, or its answer was lost: only reading the rows again could tell whether it took effect. */
export interface DoubtfulWrite {
  readonly kind: 'write-in-doubt';
  readonly found: FoundAgain;
  readonly cause: unknown;
}

/** A failure of the writing; `other` is one beside a write, such as the reading of a row that had changed. */
export type Failure = RowFailure | DoubtfulWrite | { readonly kind: 'other'; readonly cause: unknown };

/** What became of other writes that were under way, over other connections. */
export interface Besides {
  /** Those that failed as well, in the order of the rows. */
  readonly others: readonly Failure[];
  /** The ids of the rows that were written, though a row before them had failed. */
  readonly beyond: readonly string[];
}
