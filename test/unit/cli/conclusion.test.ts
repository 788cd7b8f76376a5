import { describe, expect, it } from 'vitest';
import { conclude } from '../../../src/cli/conclusion.ts';
import type { RotateConfig } from '../../../src/cli/config.ts';
import { Interrupted } from '../../../src/cli/exit-code.ts';
import { importEncryptionKey } from '../../../src/crypto/encryption-key.ts';
import { DatabaseError, RotationRunning } from '../../../src/database/database-error.ts';
import { IdCounts } from '../../../src/rotation/id-counts.ts';
import type { Ending, RunResult } from '../../../src/rotation/run.ts';
import type { Census } from '../../../src/rotation/survey.ts';
import { newKey } from '../../support/application.ts';

const config: RotateConfig = {
  command: 'rotate',
  keys: { old: importEncryptionKey(newKey()), new: importEncryptionKey(newKey()) },
  target: 'new',
  dryRun: false,
  skipUnreadable: false,
  batchRows: 1,
  backup: null,
  database: {
    ...{ login: { password: 'hunter2' }, host: 'h', port: 5432, name: 'd', user: 'u', schema: 'public' },
    ...{ connectTimeoutMs: 1, statementTimeoutMs: 1 },
  },
};

function census(old: number, under: number, unreadable = 0, digest = 'a'): Census {
  const unreadableIds = new Set<string>();
  const lists = { unreadableRows: [], unreadableIds, ruinedRows: [], otherIds: [], ids: new IdCounts() };
  const counts = { rows: old + under + unreadable, under: { old, new: under }, unreadable, ruined: unreadable };
  return { ...counts, ...lists, largestRow: 100, digest };
}

const NONE = { rotated: 0, conflicts: 0, gone: 0, alreadyRotated: 0 };

function result(ending: Ending, change: Partial<RunResult> = {}): RunResult {
  const before = census(10, 2);
  const counted = { census: before, tally: NONE };
  return { ending, phases: [], tally: NONE, before, after: null, counted, late: 0, restore: null, ...change };
}

const stopped = (cause: unknown): Ending => ({ kind: 'stopped', phase: 'rotate', cause });
const unanswered: Ending = {
  kind: 'write unanswered',
  found: { written: ['row-1'], notWritten: [], unknown: [] },
  cause: new DatabaseError('the connection was lost', 'check the server'),
};

const left: Ending = { kind: 'not verified', why: { kind: 'left', unreachable: [], reverted: [] } };

describe('the exit code', () => {
  it.each<[code: number, title: string, result: RunResult]>([
    [0, 'every row rotated', result({ kind: 'rotated' }, { after: census(0, 12) })],
    [0, 'nothing to do', result({ kind: 'nothing to do' }, { after: census(0, 12) })],
    [0, 'a rehearsal', result({ kind: 'rehearsed' })],
    [0, 'a verification', result({ kind: 'verified' }, { after: census(0, 12) })],
    [1, 'an error that nobody expected', result(stopped(new TypeError('x is not a function')))],
    [3, 'unreadable rows', result({ kind: 'unreadable rows' }, { before: census(9, 2, 1) })],
    [3, 'all but unreadable rows', result({ kind: 'all but unreadable rows' }, { after: census(0, 11, 1) })],
    [4, 'a row that failed', result({ kind: 'row failed', id: 'row-1', why: { kind: 'not-authentic' } })],
    [4, 'a write without an answer', result(unanswered)],
    [4, 'a database that failed', result(stopped(new DatabaseError('refused', 'start it')))],
    [5, 'another rotation', result(stopped(new RotationRunning('another rotation is running', 'wait until it has ended')))],
    [6, 'rows that came in under the old key', result(left, { after: census(1, 11) })],
    [
      6,
      'rows that became unreadable',
      result({ kind: 'not verified', why: { kind: 'unreadable' } }, { after: census(0, 11, 1) }),
    ],
    [6, 'a table that was emptied', result({ kind: 'not verified', why: { kind: 'emptied' } }, { after: census(0, 0) })],
    [129, 'SIGHUP', result(stopped(new Interrupted('SIGHUP')))],
    [130, 'SIGINT', result(stopped(new Interrupted('SIGINT')))],
    [143, 'SIGTERM', result(stopped(new Interrupted('SIGTERM')))],
  ])('is %i for %s, and there is always a next step', (code, _title, run) => {
    const { exitCode, headline, nextSteps } = conclude(config, run);
    expect(exitCode).toBe(code);
    expect(headline).not.toBe('');
    expect(nextSteps.length).toBeGreaterThan(0);
  });

  it('says that the old key may be retired only after every row was opened with the new one', () => {
    const retire = (run: RunResult) => conclude(config, run).nextSteps.some((step) => step.includes('retire the old key'));
    expect(retire(result({ kind: 'rotated' }, { after: census(0, 12) }))).toBe(true);
    for (const ending of [unanswered, stopped(new Error('x')), left, { kind: 'rehearsed' }] as const) {
      expect(retire(result(ending, { after: ending.kind === 'not verified' ? census(1, 11) : null }))).toBe(false);
    }
  });
});

describe('what is said of the plaintexts', () => {
  it.each([
    ['a', 'the plaintexts are the same as before'],
    ['b', 'the plaintexts are not all the same as before: an application wrote to the table meanwhile'],
  ])('depends on the digest before (a) and after (%s)', (digest, said) => {
    expect(conclude(config, result({ kind: 'rotated' }, { after: census(0, 12, 0, digest) })).details).toContain(said);
  });
});

describe('the state of the table after a run that stopped', () => {
  const rewritten = 'an application wrote to the table meanwhile: --dry-run counts the rows anew';

  it('is counted from the preflight and the writes', () => {
    const tally = { ...NONE, rotated: 4 };
    expect(conclude(config, result(stopped(new Interrupted('SIGTERM')), { tally })).details).toEqual([
      '4 rows rotated in this run',
      '6 rows under the new key, 6 still under the old key',
    ]);
  });

  it('is counted from the last full pass, where rows came in and the rotation went round again', () => {
    const tally = { rotated: 13, conflicts: 2, gone: 1, alreadyRotated: 1 };
    const counted = { census: census(3, 12), tally: { ...NONE, rotated: 10 } };
    expect(conclude(config, result(stopped(new Interrupted('SIGTERM')), { tally, counted })).details).toEqual([
      '13 rows rotated in this run',
      '16 rows under the new key, 0 still under the old key',
      rewritten,
    ]);
    const lessGone = { ...tally, rotated: 11, gone: 0, alreadyRotated: 0 };
    expect(conclude(config, result(stopped(new Interrupted('SIGTERM')), { tally: lessGone, counted })).details).toEqual([
      '11 rows rotated in this run',
      '13 rows under the new key, 2 still under the old key',
      rewritten,
    ]);
  });

  it('is that nothing was written where nothing was, and not where a write is in doubt', () => {
    expect(conclude(config, result(stopped(new Interrupted('SIGINT')))).details).toEqual(['nothing was written']);
    const inDoubt: Ending = { ...unanswered, found: { written: [], notWritten: [], unknown: ['row-1'] } };
    expect(conclude(config, result(inDoubt)).details).toEqual([
      'row row-1 could not be read again: it is under one of the two keys',
      '0 rows rotated in this run',
      '2 rows under the new key, 9 still under the old key, 1 under one of the two',
    ]);
  });

  it('is certain where the server itself refused, even if the row could not be read again', () => {
    const cause = new DatabaseError('refused', null, true);
    const refused: Ending = { ...unanswered, cause, found: { written: [], notWritten: ['row-1'], unknown: ['row-2'] } };
    expect(conclude(config, result(refused)).details).toEqual([
      'row row-1 was read again: it was not written',
      'row row-2 could not be read again: it was not written',
      'nothing was written',
    ]);
  });

  it('says of the rows behind one that failed only what is known', () => {
    const failed = result({ kind: 'row failed', id: 'row-1', why: { kind: 'conflicts', attempts: 3 } });
    const said = 'the rows before it, in the order of their ids, are rotated; after it none was written';
    expect(conclude(config, failed).details[0]).toBe(said);
    expect(conclude({ ...config, batchRows: 2 }, failed).details[0]).toBe(`${said} but others of its batch`);
  });
});

describe('what to do next', () => {
  const back: RotateConfig = { ...config, target: 'old' };

  it('after a rollback never speaks of verify, which is about the new key', () => {
    const rolledBack = result({ kind: 'rotated' }, { after: census(12, 0) });
    expect(conclude(back, rolledBack).nextSteps.join()).not.toContain('verify');
    expect(conclude(config, result({ kind: 'rotated' }, { after: census(0, 12) })).nextSteps.join()).toContain('verify');
    const nothing = conclude(back, result({ kind: 'nothing to do' }, { after: census(12, 0) }));
    expect(nothing.nextSteps.join()).not.toContain('verify');
    expect([nothing.headline, ...nothing.details].join()).not.toContain('swapped');
  });

  it('where rows are left behind is to keep the key that they are under', () => {
    const leftBehind = (after: Census) => result(left, { after });
    expect(conclude(config, leftBehind(census(1, 11))).nextSteps[0]).toBe('keep the old key');
    expect(conclude(back, leftBehind(census(11, 1))).nextSteps[0]).toBe('keep the new key');
  });

  it('with skipped rows is to give the services the new key all the same, and to retire none', () => {
    const { nextSteps } = conclude(config, result({ kind: 'all but unreadable rows' }, { after: census(0, 11, 1) }));
    expect(nextSteps[0]).toBe('set the new key in every service that reads the table, and restart them');
    expect(nextSteps.join()).not.toContain('retire');
  });

  it.each([
    ['not-authentic' as const, 'neither key opens any of 2 rows: wrong keys or wrong database'],
    ['malformed' as const, 'neither key opens any of 2 rows'],
  ])('where no row opens depends on why: %s', (kind, headline) => {
    const why = kind === 'malformed' ? { kind, column: 'iv' as const, problem: 'empty' } : { kind };
    const before = { ...census(0, 0, 2), unreadableRows: [{ id: 'row-1', why }] };
    const concluded = conclude(config, result({ kind: 'unreadable rows' }, { before }));
    expect(concluded.headline).toBe(headline);
    expect(concluded.details.join()).toContain('row row-1: ');
  });
});

describe('an error that nobody expected', () => {
  it('is named without its message, which may quote a value', () => {
    const { headline, details, nextSteps } = conclude(config, result(stopped(new TypeError('cannot read hunter2'))));
    expect(headline).toMatch(/^a bug in the tool: TypeError at /u);
    expect([headline, ...details, ...nextSteps].join()).not.toContain('hunter2');
    expect(conclude(config, result(stopped('hunter2'))).headline).toBe('a bug in the tool: string');
  });
});
