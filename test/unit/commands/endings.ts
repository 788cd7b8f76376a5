import type { RotatePlan } from '../../../src/commands/rotate/plan.ts';
import { DatabaseError, RotationRunning } from '../../../src/database/database-error.ts';
import { Interrupted, type StopSignal } from '../../../src/report/exit-code.ts';
import type { NamedKey } from '../../../src/report/report.ts';
import { wordsFor } from '../../../src/report/total.ts';
import type { Census, UnreadableRow } from '../../../src/rotation/census.ts';
import { IdCounts } from '../../../src/rotation/id-counts.ts';
import type {
  Compared,
  Durability,
  FieldCensus,
  PhaseName,
  Reached,
  RestoreTally,
  RotateEnding,
  Tally,
} from '../../../src/rotation/result.ts';
import type { FoundAgain, RowProblem } from '../../../src/rotation/write-failure.ts';

/** The only field of a run, unless there are two. */
export const FIELD = 'UserApiKey';
export const ONE = wordsFor(1);

const OLD = 'aaaaaaaaaaaaaaaa';
const NEW = 'bbbbbbbbbbbbbbbb';

/** From the old key to the new one, row by row. */
export const PLAN: RotatePlan = {
  ...{ dryRun: false, skipUnreadable: false, batchRows: 1, connections: 1, maxRowsPerSecond: null },
  ...{ backup: null, report: null, ignore: [] },
  reason: null,
  rollback: false,
};
export const KEYS: readonly NamedKey[] = [
  { role: 'source', name: 'old', fingerprint: OLD },
  { role: 'target', name: 'new', fingerprint: NEW },
];
/** The same with --rollback. */
export const PLAN_BACK: RotatePlan = { ...PLAN, rollback: true };
export const KEYS_BACK: readonly NamedKey[] = [
  { role: 'target', name: 'old', fingerprint: OLD },
  { role: 'source', name: 'new', fingerprint: NEW },
];

export function census(old: number, under: number, unreadable = 0, digest = 'a'): Census {
  return {
    rows: old + under + unreadable,
    ...{ withoutValue: 0, misnamed: 0 },
    ...{ largestRow: 100, parts: '16385', uncommitted: [] },
    under: new Map([
      [OLD, old],
      [NEW, under],
    ]),
    ...{ unreadable, unreadableRows: unreadableRows(unreadable), unreadableIds: new Set(), ruined: unreadable, ruinedRows: [] },
    ...{ sourceIds: [], ids: new IdCounts(), digest },
  };
}

/** @returns rows that no key opens; of the first the iv is of a wrong length, and of the second the tag is null */
export function unreadableRows(count: number): UnreadableRow[] {
  const malformed: UnreadableRow['why'][] = [
    { kind: 'malformed', column: 'iv', misfit: 'wrong-length' },
    { kind: 'malformed', column: 'tag', misfit: 'null' },
  ];
  return ids(count).map((id, index) => ({ id, why: malformed[index] ?? { kind: 'not-authentic' } }));
}

export function ids(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `row-${index + 1}`);
}

export function idCounts(of: readonly string[]): IdCounts {
  const counts = new IdCounts();
  for (const id of of) counts.add(id);
  return counts;
}

export const NONE: Tally = { rotated: 0, conflicts: 0, gone: 0, alreadyRotated: 0, named: 0 };

/** What a pass over the only field found. */
export function surveyed(found: Census): FieldCensus[] {
  return [{ field: FIELD, census: found }];
}

/** @param after - what the last survey found */
export function compared(after: Census, change: Partial<Compared> = {}): Compared {
  return { field: FIELD, before: census(12, 0), after, tally: { ...NONE, rotated: 12 }, late: 0, ...change };
}

/** Ten rows were under the old key and two under the new one; none is rotated yet. */
export function counted(change: Partial<Reached> = {}): Reached {
  const before = census(10, 2);
  return { field: FIELD, before, last: before, tallyThen: NONE, tally: NONE, ...change };
}

/** What a restore did with the rows of a field. */
export function restoreTally(change: Partial<RestoreTally> = {}): RestoreTally {
  return { field: FIELD, restored: 0, alreadyRestored: 0, gone: 0, changed: new Set<string>(), ...change };
}

/** @returns what a run usually comes to that this stopped */
export function afterwards(cause: unknown): Durability {
  return cause instanceof DatabaseError && !cause.refused ? 'unknown' : 'flushed';
}

export function stopped(
  cause: unknown,
  reached: readonly Reached[] = [counted()],
  phase: PhaseName | null = 'rotate',
  onDisk = afterwards(cause),
): Extract<RotateEnding, { kind: 'stopped' }> {
  return { kind: 'stopped', phase, cause, reached, onDisk };
}

export function inDoubt(
  found: Partial<FoundAgain>,
  cause: unknown = new DatabaseError('the connection was lost', 'check the server'),
): Extract<RotateEnding, { kind: 'write-in-doubt' }> {
  const rows = { written: [], notWritten: [], unknown: [], ...found };
  const reached = [counted({ tally: { ...NONE, rotated: rows.written.length } })];
  return { kind: 'write-in-doubt', field: FIELD, found: rows, others: [], beyond: [], onDisk: afterwards(cause), cause, reached };
}

/** A row that could not be rotated, one write at a time. */
export function rowFailed(
  id: string,
  why: RowProblem,
  reached: readonly Reached[] = [counted()],
): Extract<RotateEnding, { kind: 'row-failed' }> {
  return { kind: 'row-failed', field: FIELD, id, why, others: [], beyond: [], reached, onDisk: 'confirmed' };
}

export const interrupted = (signal: StopSignal) => new Interrupted(signal);
/** As the server refused a statement. */
export const REFUSED = new DatabaseError('user app lacks a privilege: (42501)', 'GRANT the missing privilege to user app', true);
export const LOST = new DatabaseError('the connection to db.example.com:5432 was cut (ECONNRESET)', null);
export const RUNNING = new RotationRunning(
  'another rotation or verification of public.user_api_keys is running (pid 4711 of role app, from 10.0.0.5, for 90 s)',
  'wait until it has ended; if its machine is gone, the lock is released within a minute; to release it now: SELECT pg_terminate_backend(4711)',
);

/** An error that nobody expected, from a known place. */
export function bug(): Error {
  const error = new TypeError('cannot read hunter2');
  error.stack = 'TypeError: cannot read hunter2\n    at rotate (src/rotation/rotate.ts:1:1)\n    at main (src/main.ts:1:1)';
  return error;
}

/** @returns the same ending of a run in the other direction: what was under one key is under the other */
export function mirrored(ending: RotateEnding): RotateEnding {
  switch (ending.kind) {
    case 'rotated':
    case 'rotated-except-unreadable':
    case 'not-verified':
      return {
        ...ending,
        fields: ending.fields.map((field) => ({ ...field, before: swapped(field.before), after: swapped(field.after) })),
      };
    case 'nothing-to-do':
    case 'rehearsed':
    case 'unreadable-rows':
      return { ...ending, fields: ending.fields.map(({ field, census: found }) => ({ field, census: swapped(found) })) };
    default: {
      const reached = ending.reached.map((field) => ({ ...field, before: swapped(field.before), last: swapped(field.last) }));
      return { ...ending, reached };
    }
  }
}

function swapped(census: Census): Census {
  const { under } = census;
  return {
    ...census,
    under: new Map([
      [OLD, under.get(NEW) ?? 0],
      [NEW, under.get(OLD) ?? 0],
    ]),
  };
}
