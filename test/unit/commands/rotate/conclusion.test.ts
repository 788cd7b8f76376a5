import { describe, expect, it } from 'vitest';
import { conclude } from '../../../../src/commands/rotate/conclusion.ts';
import { DatabaseError, LockGone, RotationRunning } from '../../../../src/database/database-error.ts';
import type { Census } from '../../../../src/rotation/census.ts';
import type { RotateEnding } from '../../../../src/rotation/result.ts';
import type { Failure } from '../../../../src/rotation/write-failure.ts';
import {
  census,
  compared,
  counted,
  FIELD,
  inDoubt,
  interrupted,
  KEYS,
  KEYS_BACK,
  LOST,
  NONE,
  ONE,
  PLAN,
  PLAN_BACK,
  rowFailed,
  stopped,
  surveyed,
  unreadableRows,
} from '../endings.ts';

const rotated: RotateEnding = { kind: 'rotated', fields: [compared(census(0, 12))] };
const left = (after: Census): RotateEnding => ({
  kind: 'not-verified',
  field: FIELD,
  doubt: { kind: 'written-meanwhile', count: 1 },
  fields: [compared(after)],
});
const said = (ending: RotateEnding, change: Partial<typeof PLAN> = {}) => conclude(ending, { ...PLAN, ...change }, KEYS, ONE);
const saidBack = (ending: RotateEnding) => conclude(ending, PLAN_BACK, KEYS_BACK, ONE);

describe('the advice to retire a key', () => {
  it('is not given without the columns that were ignored, which may need it', () => {
    expect(said(rotated).nextSteps.at(-1)).toBe('retire the old key once no other table and no backup of the database needs it');
    expect(said(rotated, { ignore: ['user_api_keys.note'] }).nextSteps.at(-1)).toBe(
      'retire the old key once no column that --ignore names, no other table and no backup of the database needs it',
    );
  });
});

describe('the advice to keep a backup', () => {
  it('is given only if there is one: its file is made with the first record', () => {
    const keep = 'keep keys.backup.jsonl';
    for (const kind of ['rotated', 'rotated-except-unreadable'] as const) {
      for (const count of [0, 3]) {
        const fields = [{ ...compared(census(0, 12)), tally: { ...NONE, rotated: count, named: 1 } }];
        expect(said({ kind, fields }, { backup: 'keys.backup.jsonl' }).nextSteps.join().includes(keep)).toBe(count > 0);
      }
    }
  });
});

describe('the exit code of a rotation', () => {
  it.each<[code: number, title: string, ending: RotateEnding]>([
    [0, 'every row rotated', rotated],
    [0, 'nothing to do', { kind: 'nothing-to-do', fields: surveyed(census(0, 12)) }],
    [0, 'an empty table', { kind: 'nothing-to-do', fields: surveyed(census(0, 0)) }],
    [0, 'a rehearsal', { kind: 'rehearsed', fields: surveyed(census(10, 2)) }],
    [1, 'an unexpected error', stopped(new TypeError('x is not a function'))],
    [3, 'unreadable rows', { kind: 'unreadable-rows', fields: surveyed(census(9, 2, 1)) }],
    [3, 'all but unreadable rows', { kind: 'rotated-except-unreadable', fields: [compared(census(0, 11, 1))] }],
    [4, 'a row that failed', rowFailed('row-1', { kind: 'not-authentic' })],
    [4, 'a write without an answer', inDoubt({ written: ['row-1'] })],
    [4, 'a database that failed', stopped(new DatabaseError('refused', 'start it'))],
    [5, 'another rotation', stopped(new RotationRunning('another rotation is running', 'wait until it has ended'))],
    [6, 'rows that came in under the old key', left(census(1, 11))],
    [
      6,
      'rows that became unreadable',
      {
        kind: 'not-verified',
        field: FIELD,
        doubt: { kind: 'ruined', count: 1, rows: unreadableRows(1) },
        fields: [compared(census(0, 11, 1))],
      },
    ],
    [
      6,
      'a table that was emptied',
      { kind: 'not-verified', field: FIELD, doubt: { kind: 'rows-gone', went: 12 }, fields: [compared(census(0, 0))] },
    ],
    [
      6,
      'a partition that was detached',
      { kind: 'not-verified', field: FIELD, doubt: { kind: 'parts-changed' }, fields: [compared(census(0, 6))] },
    ],
    [
      6,
      'a transaction that has not ended',
      {
        kind: 'not-verified',
        field: FIELD,
        doubt: { kind: 'uncommitted', transactions: ['pid 4711'] },
        fields: [compared(census(0, 12))],
      },
    ],
    [
      6,
      'rows that are not found by their id',
      {
        kind: 'not-verified',
        field: FIELD,
        doubt: { kind: 'unreachable', count: 1, ids: ['row-1'] },
        fields: [compared(census(1, 11))],
      },
    ],
    [
      6,
      'rows that were put back',
      {
        kind: 'not-verified',
        field: FIELD,
        doubt: { kind: 'reverted', count: 1, ids: ['row-1'] },
        fields: [compared(census(1, 11))],
      },
    ],
    [129, 'SIGHUP', stopped(interrupted('SIGHUP'))],
    [130, 'SIGINT', stopped(interrupted('SIGINT'))],
    [143, 'SIGTERM', stopped(interrupted('SIGTERM'))],
  ])('is %i for %s, and there is always a next step', (code, _title, ending) => {
    for (const { exitCode, headline, nextSteps } of [said(ending), saidBack(ending)]) {
      expect(exitCode).toBe(code);
      expect(headline).not.toBe('');
      expect(nextSteps.length).toBeGreaterThan(0);
    }
  });

  it('says that the old key may be retired only after every row was decrypted with the new one', () => {
    const retire = (ending: RotateEnding) => said(ending).nextSteps.some((step) => step.includes('retire the old key'));
    expect(retire(rotated)).toBe(true);
    const others: RotateEnding[] = [
      inDoubt({ written: ['row-1'] }),
      stopped(new Error('x')),
      left(census(1, 11)),
      { kind: 'rehearsed', fields: surveyed(census(10, 2)) },
    ];
    for (const ending of others) expect(retire(ending)).toBe(false);
  });
});

describe('what is said about the plaintexts', () => {
  it.each([
    ['a', 'the plaintexts are the same as before'],
    ['b', 'the plaintexts are not all the same as before'],
  ])('depends on the digest before (a) and after (%s)', (digest, line) => {
    expect(said({ kind: 'rotated', fields: [compared(census(0, 12, 0, digest))] }).details).toContain(line);
  });
});

describe('the state of the table after a run that stopped', () => {
  const rewritten = 'an application wrote to the table during the run: count the rows again with --dry-run';

  it('is counted from the preflight and the writes', () => {
    const tally = { ...NONE, rotated: 4 };
    expect(said(stopped(interrupted('SIGTERM'), [counted({ tally })])).details).toEqual([
      '4 rows rotated in this run',
      '6 rows under the new key, 6 still under the old key',
    ]);
  });

  it('is counted from the last full pass if rows were written and the rotation needed another round', () => {
    const tally = { rotated: 13, conflicts: 2, gone: 1, alreadyRotated: 1, named: 0 };
    const last = { last: census(3, 12), tallyThen: { ...NONE, rotated: 10 } };
    expect(said(stopped(interrupted('SIGTERM'), [counted({ ...last, tally })])).details).toEqual([
      '13 rows rotated in this run',
      'more rows were rotated than the last count found: rows were added during the run',
      rewritten,
    ]);
    const lessGone = { ...tally, rotated: 11, gone: 0, alreadyRotated: 0, named: 0 };
    expect(said(stopped(interrupted('SIGTERM'), [counted({ ...last, tally: lessGone })])).details).toEqual([
      '11 rows rotated in this run',
      '13 rows under the new key, 2 still under the old key',
      rewritten,
    ]);
  });

  it('is that nothing was written if that is so, but not if a write is in doubt', () => {
    expect(said(stopped(interrupted('SIGINT'))).details).toEqual(['nothing was written in this run']);
    expect(said(stopped(interrupted('SIGINT'), [])).details).toEqual(['nothing was written']);
    expect(said(inDoubt({ unknown: ['row-1'] })).details).toEqual([
      'row row-1 could not be read again: it is under one of the two keys',
      '0 rows rotated in this run',
      '2 rows under the new key, 9 still under the old key, 1 under one of the two',
    ]);
  });

  it('is certain if the server itself refused, even if the row could not be read again', () => {
    const refused = inDoubt({ notWritten: ['row-1'], unknown: ['row-2'] }, new DatabaseError('refused', null, true));
    expect(said(refused).details).toEqual([
      'row row-1 was read again: it was not written',
      'row row-2 was not written: the server refused the write (the row could not be read again)',
      'nothing was written in this run',
    ]);
  });

  it('says what a crash may undo, if what was written could not be put on the disk', () => {
    const line =
      'the tool could not confirm that all of these rows are on the disk of the server: if that crashed, or crashes now, or a standby takes its place, the last of them may be under the old key again';
    const written = [counted({ tally: { ...NONE, rotated: 3 } })];
    for (const onDisk of ['confirmed', 'flushed', 'unknown'] as const) {
      const failed: RotateEnding = { ...rowFailed('row-1', { kind: 'not-authentic' }, written), onDisk };
      for (const ending of [stopped(interrupted('SIGINT'), written, 'rotate', onDisk), failed]) {
        expect(said(ending).details.includes(line)).toBe(onDisk === 'unknown');
      }
    }
    expect(said(stopped(interrupted('SIGINT'), [counted()], 'rotate', 'unknown')).details).not.toContain(line);
  });

  const crashed =
    'if the server crashed during this run, or a standby took its place, the last of these rows may be under the old key again';

  it('says of each write that failed what is known of it', () => {
    const refused: Failure = {
      ...{ kind: 'write-in-doubt', cause: new DatabaseError('a trigger refused it', 'look at the trigger', true) },
      found: { written: [], notWritten: ['row-1'], unknown: [] },
    };
    const other: Failure = { kind: 'other', cause: interrupted('SIGINT') };
    const failedRow: Failure = { kind: 'row-failed', id: 'row-3', why: { kind: 'not-authentic' } };
    const reached = [counted({ tally: { ...NONE, rotated: 3 } })];
    const ending: RotateEnding = {
      ...inDoubt({ unknown: ['row-2'] }),
      others: [refused, failedRow, other],
      beyond: ['row-4'],
      reached,
      onDisk: 'flushed',
    };
    const { details } = said(ending);
    expect(details).toMatchInlineSnapshot(`
      [
        "row row-2 could not be read again: it is under one of the two keys",
        "row row-3 could not be rotated: neither key can decrypt it",
        "over another connection: a trigger refused it",
        "row row-1 was read again: it was not written",
        "later rows that were written over other connections: row row-4",
        "3 rows rotated in this run",
        "5 rows under the new key, 6 still under the old key, 1 under one of the two",
        "if the server crashed during this run, or a standby took its place, the last of these rows may be under the old key again",
      ]
    `);
    const { details: turned } = said({ ...ending, ...refused, others: [inDoubt({ notWritten: ['row-2'] })] });
    expect(said({ ...ending, ...failedRow, others: [{ ...other, cause: LOST }] }).details).toContain(crashed);
    expect(turned).toContain('row row-2 was read again: it was not written yet, but the server may still be executing the write');
    expect(turned).toContain('row row-1 was read again: it was not written');
    expect(turned).toContain(crashed);
  });

  it('does not trust what was written before the lock was gone', () => {
    const reached = [counted({ tally: { ...NONE, rotated: 3 } })];
    const { details } = said({ ...inDoubt({ notWritten: ['row-2'] }, new LockGone()), reached, onDisk: 'flushed' });
    expect(details).toContain('row row-2 was read again: it was not written');
    expect(details).toContain(crashed);
  });

  it('says only what is known about the rows after one that failed', () => {
    const failed: RotateEnding = rowFailed('row-1', { kind: 'conflicts', attempts: 3 });
    const line = 'in this pass, the rows before it were rotated, and no later row was written';
    expect(said(failed).details[0]).toBe(line);
    expect(said(failed, { batchRows: 2 }).details[0]).toBe(`${line}, except possibly in the same batch`);
  });
});

describe('what to do next', () => {
  it('after a rollback never mentions verify, which is about the new key', () => {
    expect(saidBack({ kind: 'rotated', fields: [compared(census(12, 0))] }).nextSteps.join()).not.toContain('verify');
    expect(said(rotated).nextSteps.join()).toContain('verify');
    const nothing = saidBack({ kind: 'nothing-to-do', fields: surveyed(census(12, 0)) });
    expect(nothing.nextSteps.join()).not.toContain('verify');
    expect([nothing.headline, ...nothing.details].join()).not.toContain('swapped');
  });

  it('if rows are left behind is to keep the key that they are under', () => {
    expect(said(left(census(1, 11))).nextSteps[0]).toBe('keep the old key');
    expect(saidBack(left(census(11, 1))).nextSteps[0]).toBe('keep the new key');
  });

  it('with skipped rows is to give the services the new key all the same, and to retire none', () => {
    const { nextSteps } = said({ kind: 'rotated-except-unreadable', fields: [compared(census(0, 11, 1))] });
    expect(nextSteps[0]).toBe('set the new key in every service that reads the table, and restart them');
    expect(nextSteps.join()).not.toContain('retire');
  });

  it.each([
    ['not-authentic' as const, 'neither key can decrypt any of the 2 rows: wrong keys or wrong database'],
    ['malformed' as const, 'neither key can decrypt any of the 2 rows'],
  ])('if no row can be decrypted depends on why: %s', (kind, headline) => {
    const why = kind === 'malformed' ? { kind, column: 'iv', misfit: 'empty' as const } : { kind };
    const concluded = said({
      kind: 'unreadable-rows',
      fields: surveyed({ ...census(0, 0, 2), unreadableRows: [{ id: 'row-1', why }] }),
    });
    expect(concluded.headline).toBe(headline);
    expect(concluded.details.join()).toContain('row row-1: ');
  });
});

describe('an unexpected error', () => {
  it('is named without its message, which may quote a value', () => {
    const { headline, details, nextSteps } = said(stopped(new TypeError('cannot read hunter2')));
    expect(headline).toMatch(/^a bug in the tool: TypeError at /u);
    expect([headline, ...details, ...nextSteps].join()).not.toContain('hunter2');
    expect(said(stopped('hunter2')).headline).toBe('a bug in the tool: string');
  });
});
