import type { Census, UnreadableRow } from './census.ts';
import type { Besides, DoubtfulWrite, RowFailure } from './write-failure.ts';

export type PhaseName = 'survey' | 'preflight' | 'rotate' | 'verify' | 'restore';

export interface Phase {
  readonly name: PhaseName;
  /** The encrypted field, as `Account.access`; null for all of them. */
  readonly field: string | null;
  /** Rows dealt with: read, or in a phase that writes, written. */
  readonly rows: number;
  readonly seconds: number;
}

/** What happened to the rows that a run tried to write. */
export interface Tally {
  readonly rotated: number;
  /** Swaps that found a value other than the one that was read: the application had changed or deleted the row. */
  readonly conflicts: number;
  /** Of the conflicts: the row no longer exists, or holds no value any more. */
  readonly gone: number;
  /** Of the conflicts: the application itself had written the row with the target key. */
  readonly alreadyRotated: number;
  /** Rows that got the id of the target key without being re-encrypted: they were under it, or held no value. */
  readonly named: number;
}

export type RowOutcome = 'rotated' | 'named' | 'already-rotated' | 'gone' | 'unreadable' | 'restored';

/** What one pass found of a field. */
export interface FieldCensus {
  readonly field: string;
  readonly census: Census;
}

/** The counts of a field before a run, and after its last write. */
export interface Compared {
  readonly field: string;
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

/** How far a run had come with a field when it stopped. Fields of which nothing was counted are not listed. */
export interface Reached {
  readonly field: string;
  readonly before: Census;
  /** The last full survey, and the tally as it was then; `tally` goes on to the end. */
  readonly last: Census;
  readonly tallyThen: Tally;
  readonly tally: Tally;
}

/**
 * Whether the writes of a run that stopped are on the server's disk. `confirmed`: they were before it stopped. `flushed`: the server put
 * them there afterwards; if it crashed in between, the last of them are lost. `unknown`: it did not confirm it.
 */
export type Durability = 'confirmed' | 'flushed' | 'unknown';

/** How far a run had come when it stopped. */
interface Unfinished<Progress> {
  readonly reached: Progress;
  readonly onDisk: Durability;
}

/** By the signal or by an error; `phase` is null if none had begun. */
interface Stopped {
  readonly kind: 'stopped';
  readonly phase: PhaseName | null;
  readonly cause: unknown;
}

export type RotateEnding =
  | { readonly kind: 'rotated'; readonly fields: readonly Compared[] }
  /** Rows that no key opens were skipped, all others are under the target key. */
  | { readonly kind: 'rotated-except-unreadable'; readonly fields: readonly Compared[] }
  /** `doubt` is the first that was found, in the order of the fields; `field` is where. */
  | { readonly kind: 'not-verified'; readonly field: string; readonly doubt: Doubt; readonly fields: readonly Compared[] }
  | { readonly kind: 'nothing-to-do'; readonly fields: readonly FieldCensus[] }
  /** A dry run found nothing in the way. */
  | { readonly kind: 'rehearsed'; readonly fields: readonly FieldCensus[] }
  /** Rows that no key opens: nothing was written. */
  | { readonly kind: 'unreadable-rows'; readonly fields: readonly FieldCensus[] }
  | ((RowFailure | DoubtfulWrite) & Besides & { readonly field: string } & Unfinished<readonly Reached[]>)
  | (Stopped & Unfinished<readonly Reached[]>);

export type VerifyEnding =
  | { readonly kind: 'verified'; readonly fields: readonly FieldCensus[] }
  /** Rows that the target key does not open, or else transactions that have written and not ended. */
  | { readonly kind: 'not-verified'; readonly fields: readonly FieldCensus[] }
  | (Stopped & { readonly reached: null });

/** What became of the rows of a backup that belong to one field. */
export interface RestoreTally {
  readonly field: string;
  /** Put back, or with a dry run to be put back. */
  readonly restored: number;
  /** Already held the value from before the rotation. */
  readonly alreadyRestored: number;
  /** Were not found by their id: deleted, or hidden by a damaged index. */
  readonly gone: number;
  /** Hold a value that the rotation neither found nor wrote: the application has changed them since. */
  readonly changed: ReadonlySet<string>;
}

export type RestoreEnding =
  | { readonly kind: 'restored'; readonly reached: readonly RestoreTally[] }
  | (DoubtfulWrite & { readonly field: string } & Unfinished<readonly RestoreTally[]>)
  | (Stopped & Unfinished<readonly RestoreTally[]>);

/** All that is known at the end of a run, however it ended. */
export interface Result<Ending> {
  readonly ending: Ending;
  readonly phases: readonly Phase[];
}
