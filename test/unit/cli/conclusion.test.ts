import { describe, expect, it } from 'vitest';
import { conclude } from '../../../src/cli/conclusion.ts';
import type { RotateConfig } from '../../../src/cli/config.ts';
import { Interrupted } from '../../../src/cli/exit-code.ts';
import { importEncryptionKey } from '../../../src/crypto/encryption-key.ts';
import { DatabaseError, RotationRunning } from '../../../src/database/database-error.ts';
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
    ...{ url: 'postgres://u:hunter2@h/d', host: 'h', port: 5432, name: 'd', user: 'u', schema: 'public' },
    ...{ connectTimeoutMs: 1, statementTimeoutMs: 1 },
  },
};

function census(old: number, under: number, unreadable = 0, digest = 'a'): Census {
  return { rows: old + under + unreadable, under: { old, new: under }, unreadable, unreadableRows: [], digest };
}

function result(ending: Ending, change: Partial<RunResult> = {}): RunResult {
  const tally = { rotated: 0, conflicts: 0, gone: 0, alreadyRotated: 0 };
  return { ending, phases: [], tally, before: census(10, 2), after: null, ...change };
}

const stopped = (cause: unknown): Ending => ({ kind: 'stopped', phase: 'rotate', cause });
const unanswered: Ending = {
  kind: 'write unanswered',
  found: { written: ['row-1'], notWritten: [], unknown: [] },
  cause: new DatabaseError('the connection was lost', 'check the server'),
};

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
    [5, 'another rotation', result(stopped(new RotationRunning('another rotation is running')))],
    [6, 'rows that came in under the old key', result({ kind: 'not verified' }, { after: census(1, 11) })],
    [6, 'rows that became unreadable', result({ kind: 'not verified' }, { after: census(0, 11, 1) })],
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
    for (const ending of [unanswered, stopped(new Error('x')), { kind: 'not verified' }, { kind: 'rehearsed' }] as const) {
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
  it('is counted from the preflight and the writes', () => {
    const tally = { rotated: 4, conflicts: 2, gone: 1, alreadyRotated: 1 };
    expect(conclude(config, result(stopped(new Interrupted('SIGTERM')), { tally })).details).toEqual([
      '4 rows rotated in this run',
      '7 rows under the new key, 4 still under the old key',
    ]);
  });

  it('is that nothing was written where nothing was, and not where a write is in doubt', () => {
    expect(conclude(config, result(stopped(new Interrupted('SIGINT')))).details).toEqual(['nothing was written']);
    const inDoubt: Ending = { ...unanswered, found: { written: [], notWritten: [], unknown: ['row-1'] } };
    const { details } = conclude(config, result(inDoubt));
    expect(details[0]).toBe('row row-1 could not be read again: it is under one of the two keys');
    expect(details).not.toContain('nothing was written');
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
