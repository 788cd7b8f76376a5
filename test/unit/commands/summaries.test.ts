// The whole summary of every way to end, as a terminal of 80 columns shows it: whoever changes a sentence sees in the snapshots how it
// reads among the others.
import { describe, expect, it } from 'vitest';
import { BackupError } from '../../../src/backup/backup-error.ts';
import { conclude as concludeRestore, outcome as outcomeOfRestore } from '../../../src/commands/restore/conclusion.ts';
import { conclude as concludeRotate } from '../../../src/commands/rotate/conclusion.ts';
import { outcome as outcomeOfRotate } from '../../../src/commands/rotate/outcome.ts';
import { conclude as concludeVerify, outcome as outcomeOfVerify } from '../../../src/commands/verification.ts';
import { DatabaseError } from '../../../src/database/database-error.ts';
import { keyWords } from '../../../src/report/key-words.ts';
import type { NamedKey } from '../../../src/report/report.ts';
import type { PhaseName, RestoreEnding, RestoreTally, RotateEnding, VerifyEnding } from '../../../src/rotation/result.ts';
import {
  afterwards,
  bug,
  census,
  compared,
  counted,
  FIELD,
  idCounts,
  ids,
  inDoubt,
  interrupted,
  KEYS,
  KEYS_BACK,
  LOST,
  mirrored,
  NONE,
  ONE,
  PLAN,
  PLAN_BACK,
  REFUSED,
  RUNNING,
  restoreTally,
  rowFailed,
  stopped,
  surveyed,
  unreadableRows,
} from './endings.ts';
import { summary } from './summary.ts';

const ALL: readonly PhaseName[] = ['preflight', 'rotate', 'verify'];
const COUNTED: readonly PhaseName[] = ['preflight'];
const WRITING: readonly PhaseName[] = ['preflight', 'rotate'];
const BACKUP = { backup: 'keys.backup.jsonl' };
const CONTINUED = { before: census(10, 2), tally: { ...NONE, rotated: 10 } };
const WITH_TRAFFIC = {
  before: { ...census(12, 0), ids: idCounts(ids(12)) },
  after: { ...census(0, 13, 0, 'b'), ids: idCounts(['row-13', 'row-14', ...ids(11)]) },
  ...{ tally: { rotated: 14, conflicts: 3, gone: 1, alreadyRotated: 1, named: 0 }, late: 2 },
};

describe('the summary of a rotation', () => {
  function expectBothWays(ending: RotateEnding, phases: readonly PhaseName[], change: Partial<typeof PLAN> = {}): void {
    const say = (end: RotateEnding, plan: typeof PLAN, keys: readonly NamedKey[]) =>
      summary('rotate', keys, phases, outcomeOfRotate(end), concludeRotate(end, { ...plan, ...change }, keys, ONE));
    expect(say(ending, PLAN, KEYS)).toMatchSnapshot('to the new key');
    expect(say(mirrored(ending), PLAN_BACK, KEYS_BACK)).toMatchSnapshot('back to the old key');
  }

  it.each<[title: string, ending: RotateEnding, change?: Partial<typeof PLAN>]>([
    ['every row', { kind: 'rotated', fields: [compared(census(0, 12))] }],
    [
      'every row that holds a value',
      {
        kind: 'rotated',
        fields: [
          compared({ ...census(0, 12), rows: 14, withoutValue: 2 }, { before: { ...census(12, 0), rows: 14, withoutValue: 2 } }),
        ],
      },
    ],
    ['every row, with a backup', { kind: 'rotated', fields: [compared(census(0, 12))] }, BACKUP],
    ['every row, with a backup, after an earlier run', { kind: 'rotated', fields: [compared(census(0, 12), CONTINUED)] }, BACKUP],
    ['every row, while an application wrote', { kind: 'rotated', fields: [compared(WITH_TRAFFIC.after, WITH_TRAFFIC)] }],
    [
      'all but unreadable rows',
      {
        kind: 'rotated-except-unreadable',
        fields: [compared(census(0, 9, 3), { before: census(9, 0, 3), tally: { ...NONE, rotated: 9 } })],
      },
      { ...BACKUP, skipUnreadable: true },
    ],
  ])('that rotated %s', (_title, ending, change) => {
    expectBothWays(ending, ALL, change);
  });

  it.each<[title: string, ending: RotateEnding, change?: Partial<typeof PLAN>]>([
    ['nothing to do', { kind: 'nothing-to-do', fields: surveyed(census(0, 12)) }],
    [
      'nothing to do, with rows that hold no value',
      { kind: 'nothing-to-do', fields: surveyed({ ...census(0, 12), rows: 14, withoutValue: 2 }) },
    ],
    [
      'a dry run with one row that holds no value',
      { kind: 'rehearsed', fields: surveyed({ ...census(7, 5), rows: 13, withoutValue: 1 }) },
      { dryRun: true },
    ],
    ['nothing to do in an empty table', { kind: 'nothing-to-do', fields: surveyed(census(0, 0)) }],
    ['a dry run without problems', { kind: 'rehearsed', fields: surveyed(census(7, 5)) }, { dryRun: true }],
    ['a dry run of one row', { kind: 'rehearsed', fields: surveyed(census(1, 1)) }, { dryRun: true }],
    ['some unreadable rows', { kind: 'unreadable-rows', fields: surveyed(census(9, 2, 3)) }],
    ['one unreadable row', { kind: 'unreadable-rows', fields: surveyed(census(9, 2, 1)) }],
    ['many unreadable rows', { kind: 'unreadable-rows', fields: surveyed(census(70, 2, 25)) }],
    [
      'a dry run with unreadable rows that are to be skipped',
      { kind: 'unreadable-rows', fields: surveyed(census(9, 2, 3)) },
      { dryRun: true, skipUnreadable: true },
    ],
    [
      'rows of which none can be decrypted',
      {
        kind: 'unreadable-rows',
        fields: surveyed({ ...census(0, 0, 2), unreadableRows: [{ id: 'row-1', why: { kind: 'not-authentic' } }] }),
      },
    ],
    ['rows of which none is well-formed', { kind: 'unreadable-rows', fields: surveyed(census(0, 0, 2)) }],
  ])('that wrote nothing: %s', (_title, ending, change) => {
    expectBothWays(ending, COUNTED, change);
  });

  it.each<[title: string, doubt: Extract<RotateEnding, { kind: 'not-verified' }>['doubt'], left: number]>([
    ['rows that became unreadable', { kind: 'ruined', count: 3, rows: unreadableRows(3) }, 0],
    ['one row that became unreadable', { kind: 'ruined', count: 1, rows: unreadableRows(1) }, 0],
    ['rows that are gone', { kind: 'rows-gone', went: 30 }, 0],
    ['partitions that came or went', { kind: 'parts-changed' }, 0],
    [
      'transactions that have not ended',
      {
        kind: 'uncommitted',
        transactions: ['pid 4711 of role app, from 10.0.0.5, for 90 s: SELECT pg_terminate_backend(4711)'],
      },
      0,
    ],
    ['rows that are not found by their id', { kind: 'unreachable', count: 2, ids: ids(2) }, 2],
    ['a row that is not found by its id', { kind: 'unreachable', count: 1, ids: ids(1) }, 1],
    ['rows that were put back', { kind: 'reverted', count: 25, ids: ids(25) }, 25],
    ['a row that was put back', { kind: 'reverted', count: 1, ids: ids(1) }, 1],
    ['rows that were written meanwhile', { kind: 'written-meanwhile', count: 2 }, 2],
    ['a row that was written meanwhile', { kind: 'written-meanwhile', count: 1 }, 1],
  ])('that was not verified because of %s', (_title, doubt, left) => {
    const after = doubt.kind === 'rows-gone' ? census(0, 0) : census(left, 30 - left);
    const tally = { ...NONE, rotated: 30 };
    expectBothWays(
      { kind: 'not-verified', field: FIELD, doubt, fields: [compared(after, { before: census(30, 0), tally })] },
      ALL,
    );
  });

  it.each<[title: string, ending: RotateEnding, change?: Partial<typeof PLAN>]>([
    [
      'a row that became unreadable',
      rowFailed('row-5', { kind: 'not-authentic' }, [counted({ tally: { ...NONE, rotated: 4 } })]),
    ],
    [
      'a row that became malformed, in a batch',
      rowFailed('row-5', { kind: 'malformed', column: 'iv', misfit: 'odd-length' }, [
        counted({ tally: { ...NONE, rotated: 4 } }),
      ]),
      { batchRows: 500, ...BACKUP, report: 'report.json' },
    ],
    [
      'a row that keeps changing',
      rowFailed('row-1', { kind: 'conflicts', attempts: 3 }, [counted({ tally: { ...NONE, conflicts: 3 } })]),
    ],
    ['a lost connection, though the row was written', inDoubt({ written: ['row-1'] }, LOST)],
    ['a lost connection, and the row is not written yet', inDoubt({ notWritten: ['row-1'] }, LOST)],
    ['a lost connection to a database that is gone', inDoubt({ unknown: ['row-1', 'row-2'] }, LOST), { batchRows: 2 }],
    ['a write that the server refused', inDoubt({ notWritten: ['row-1'], unknown: ['row-2'] }, REFUSED), { batchRows: 2 }],
    ['a signal before it began', stopped(interrupted('SIGTERM'), [], null)],
    ['a signal before its first write', stopped(interrupted('SIGINT'), [counted()], 'preflight')],
    ['a signal between two writes', stopped(interrupted('SIGINT'), [counted({ tally: { ...NONE, rotated: 4 } })])],
    [
      'a signal after rows were added',
      stopped(interrupted('SIGHUP'), [counted({ last: census(1, 11), tally: { ...NONE, rotated: 14, conflicts: 1 } })]),
    ],
    ['a signal in a dry run', stopped(interrupted('SIGINT'), [], 'preflight'), { dryRun: true }],
    ['a database that cannot be reached', stopped(LOST, [], null)],
    [
      'a database that needs repair, with a backup and a report',
      stopped(new DatabaseError("the server's disk is full: (53100)", 'free some disk space on the server'), [
        counted({ tally: { ...NONE, rotated: 4 } }),
      ]),
      { ...BACKUP, report: 'report.json' },
    ],
    [
      'a backup that cannot be written',
      stopped(
        new BackupError(
          'the backup file keys.backup.jsonl cannot be written (ENOSPC)',
          'free some disk space, or name another file',
        ),
      ),
      BACKUP,
    ],
    ['another run', stopped(RUNNING, [], null)],
    ['a bug', stopped(bug(), [counted({ tally: { ...NONE, rotated: 4 } })])],
  ])('that was stopped by %s', (_title, ending, change) => {
    const phases = ending.kind === 'stopped' && ending.phase === null ? [] : WRITING;
    expectBothWays(ending, phases, change);
  });
});

describe('the summary of a verification', () => {
  const keys = KEYS.filter(({ name }) => name === 'new');
  const gone = (cause: unknown, phase: PhaseName | null = 'verify'): VerifyEnding => ({
    kind: 'stopped',
    phase,
    cause,
    reached: null,
  });

  it.each<[title: string, ending: VerifyEnding]>([
    ['every row under the new key', { kind: 'verified', fields: surveyed(census(0, 12)) }],
    [
      'every row under the new key, but those that hold no value',
      { kind: 'verified', fields: surveyed({ ...census(0, 12), rows: 14, withoutValue: 2 }) },
    ],
    ['no row that holds a value', { kind: 'verified', fields: surveyed({ ...census(0, 0), rows: 2, withoutValue: 2 }) }],
    ['one row', { kind: 'verified', fields: surveyed(census(0, 1)) }],
    ['an empty table', { kind: 'verified', fields: surveyed(census(0, 0)) }],
    ['some rows that the new key does not decrypt', { kind: 'not-verified', fields: surveyed(census(0, 9, 3)) }],
    ['no row that the new key decrypts', { kind: 'not-verified', fields: surveyed(census(0, 0, 3)) }],
    [
      'transactions that have not ended',
      {
        kind: 'not-verified',
        fields: surveyed({
          ...census(0, 12),
          uncommitted: ['pid 4711 of role app, from 10.0.0.5, for 90 s: SELECT pg_terminate_backend(4711)'],
        }),
      },
    ],
    ['a signal', gone(interrupted('SIGINT'))],
    ['a database that cannot be reached', gone(LOST, null)],
    ['a database that refuses', gone(REFUSED)],
    ['a run in the way', gone(RUNNING, null)],
    ['a bug', gone(bug())],
  ])('that found %s', (_title, ending) => {
    const phases: PhaseName[] = ending.kind === 'stopped' && ending.phase === null ? [] : ['verify'];
    const conclusion = concludeVerify(ending, keyWords(keys), 'run the same command again');
    expect(summary('verify', keys, phases, outcomeOfVerify(ending), conclusion)).toMatchSnapshot();
  });
});

describe('the summary of a restore', () => {
  const restored = (change: Partial<RestoreTally>): RestoreEnding => ({ kind: 'restored', reached: [restoreTally(change)] });
  const unsure = (
    found: Partial<Extract<RestoreEnding, { kind: 'write-in-doubt' }>['found']>,
    cause: unknown,
  ): RestoreEnding => ({
    kind: 'write-in-doubt',
    field: FIELD,
    found: { written: [], notWritten: [], unknown: [], ...found },
    ...{ cause, reached: [restoreTally({ restored: 4 })], onDisk: afterwards(cause) },
  });
  const ended = (cause: unknown, phase: PhaseName | null = 'restore'): RestoreEnding => ({
    ...{ kind: 'stopped', phase, cause },
    reached: [restoreTally(phase === null ? {} : { restored: 4 })],
    onDisk: afterwards(cause),
  });

  it.each<[title: string, ending: RestoreEnding]>([
    ['every row', restored({ restored: 12 })],
    ['one row', restored({ restored: 1 })],
    ['no row, since all hold the old value', restored({ alreadyRestored: 12 })],
    ['no row of a backup without records', restored({})],
    ['some rows', restored({ restored: 6, alreadyRestored: 2, gone: 3, changed: new Set(ids(1)) })],
    ['all but one row that is gone', restored({ restored: 11, gone: 1 })],
    ['all but many rows', restored({ restored: 1, changed: new Set(ids(25)) })],
    ['no row, since all have changed', restored({ gone: 1, changed: new Set(ids(2)) })],
  ])('that put back %s', (_title, ending) => {
    for (const dryRun of [false, true]) {
      const text = summary(
        'restore',
        [],
        ['restore'],
        outcomeOfRestore(ending),
        concludeRestore(ending, dryRun, { report: null }, ONE),
      );
      expect(text).toMatchSnapshot(dryRun ? 'as a dry run says it' : 'done');
    }
  });

  it.each<[title: string, ending: RestoreEnding]>([
    ['a lost connection, though the row was written', unsure({ written: ['row-5'] }, LOST)],
    ['a lost connection, and the row is not written yet', unsure({ notWritten: ['row-5'] }, LOST)],
    ['a lost connection to a database that is gone', unsure({ unknown: ['row-5'] }, LOST)],
    ['a write that the server refused', unsure({ notWritten: ['row-5'] }, REFUSED)],
    ['a signal', ended(interrupted('SIGTERM'))],
    ['a database that cannot be reached', ended(LOST, null)],
    ['a run in the way', ended(RUNNING, null)],
    [
      'a backup that changed meanwhile',
      ended(
        new BackupError(
          'the backup file keys.backup.jsonl was changed while it was being restored',
          'restore from a copy that nothing else writes to',
        ),
      ),
    ],
    ['a bug', ended(bug())],
  ])('that was stopped by %s', (_title, ending) => {
    const phases: PhaseName[] = ending.kind === 'stopped' && ending.phase === null ? [] : ['restore'];
    const conclusion = concludeRestore(ending, false, { report: 'report.json' }, ONE);
    expect(summary('restore', [], phases, outcomeOfRestore(ending), conclusion)).toMatchSnapshot();
  });
});
