import type { RotatePlan } from '../../../src/commands/rotate/plan.ts';
import { DatabaseError, RotationRunning } from '../../../src/database/database-error.ts';
import { Interrupted, type StopSignal } from '../../../src/report/exit-code.ts';
import type { NamedKey } from '../../../src/report/report.ts';
import type { Census, UnreadableRow } from '../../../src/rotation/census.ts';
import { IdCounts } from '../../../src/rotation/id-counts.ts';
import type { Compared, FoundAgain, PhaseName, Reached, RotateEnding, Tally } from '../../../src/rotation/result.ts';

const OLD = 'aaaaaaaaaaaaaaaa';
const NEW = 'bbbbbbbbbbbbbbbb';

/** From the old key to the new one, row by row. */
export const PLAN: RotatePlan = {
  ...{ dryRun: false, skipUnreadable: false, batchRows: 1, backup: null, report: null },
  ...{ target: 'new', source: 'old' },
};
export const KEYS: readonly NamedKey[] = [
  { role: 'source', name: 'old', fingerprint: OLD },
  { role: 'target', name: 'new', fingerprint: NEW },
];
/** The same with --rollback. */
export const PLAN_BACK: RotatePlan = { ...PLAN, target: 'old', source: 'new' };
export const KEYS_BACK: readonly NamedKey[] = [
  { role: 'target', name: 'old', fingerprint: OLD },
  { role: 'source', name: 'new', fingerprint: NEW },
];

export function census(old: number, under: number, unreadable = 0, digest = 'a'): Census {
  return {
    rows: old + under + unreadable,
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

export const NONE: Tally = { rotated: 0, conflicts: 0, gone: 0, alreadyRotated: 0 };

/** @param after - what the last survey found */
export function compared(after: Census, change: Partial<Compared> = {}): Compared {
  return { before: census(12, 0), after, tally: { ...NONE, rotated: 12 }, late: 0, ...change };
}

/** Ten rows were under the old key and two under the new one; none is rotated yet. */
export function counted(change: Partial<Extract<Reached, { kind: 'counted' }>> = {}): Reached {
  const before = census(10, 2);
  return { kind: 'counted', before, last: before, tallyThen: NONE, tally: NONE, ...change };
}

export function stopped(
  cause: unknown,
  reached: Reached = counted(),
  phase: PhaseName | null = 'rotate',
): Extract<RotateEnding, { kind: 'stopped' }> {
  return { kind: 'stopped', phase, cause, reached };
}

export function inDoubt(
  found: Partial<FoundAgain>,
  cause: unknown = new DatabaseError('the connection was lost', 'check the server'),
): Extract<RotateEnding, { kind: 'write-in-doubt' }> {
  const rows = { written: [], notWritten: [], unknown: [], ...found };
  return { kind: 'write-in-doubt', found: rows, cause, reached: counted({ tally: { ...NONE, rotated: rows.written.length } }) };
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
      return { ...ending, before: swapped(ending.before), after: swapped(ending.after) };
    case 'nothing-to-do':
    case 'rehearsed':
    case 'unreadable-rows':
      return { ...ending, census: swapped(ending.census) };
    default: {
      const { reached } = ending;
      if (reached.kind === 'nothing-counted') return ending;
      return { ...ending, reached: { ...reached, before: swapped(reached.before), last: swapped(reached.last) } };
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
