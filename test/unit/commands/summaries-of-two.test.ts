// The same with two fields in two tables: what is said of both, and what of one of them.

import { describe, expect, it } from 'vitest';
import { conclude as concludeRestore, outcome as outcomeOfRestore } from '../../../src/commands/restore/conclusion.ts';
import { conclude as concludeRotate } from '../../../src/commands/rotate/conclusion.ts';
import type { Ending } from '../../../src/commands/rotate/ending.ts';
import { outcome as outcomeOfRotate } from '../../../src/commands/rotate/outcome.ts';
import { conclude as concludeVerify, outcome as outcomeOfVerify } from '../../../src/commands/verification.ts';
import { keyWords } from '../../../src/report/key-words.ts';
import { wordsFor } from '../../../src/report/total.ts';
import type { Census } from '../../../src/rotation/census.ts';
import type {
  Compared,
  Doubt,
  FieldCensus,
  PhaseName,
  Reached,
  RestoreEnding,
  RestoreTally,
  VerifyEnding,
} from '../../../src/rotation/result.ts';
import {
  census,
  compared,
  counted,
  idCounts,
  ids,
  inDoubt,
  interrupted,
  KEYS,
  LOST,
  NONE,
  PLAN,
  REFUSED,
  RUNNING,
  restoreTally,
  rowFailed,
  stopped,
  unreadableRows,
} from './endings.ts';
import { summary } from './summary.ts';

const [ACCESS, REFRESH] = ['Account.access', 'Account.refresh'];
const FIELDS = [
  { name: ACCESS, model: 'Account', table: 'public.accounts' },
  { name: REFRESH, model: 'Account', table: 'auth.refresh_tokens' },
];
const TWO = wordsFor(2);
const OPEN = 'pid 4711 of role app, from 10.0.0.5, for 90 s: SELECT pg_terminate_backend(4711)';

/** The census with rows that hold no value. */
function withNulls(of: Census, withoutValue: number): Census {
  return { ...of, rows: of.rows + withoutValue, withoutValue };
}

function surveyed(access: Census, refresh: Census): FieldCensus[] {
  return [
    { field: ACCESS, census: access },
    { field: REFRESH, census: refresh },
  ];
}

/** Twelve values of each were rotated. */
function both(change: Partial<Compared> = {}, changeFirst: Partial<Compared> = {}): Compared[] {
  const after = census(0, 12);
  return [
    { ...compared(after), field: ACCESS, ...changeFirst },
    { ...compared(after), field: REFRESH, ...change },
  ];
}

/** Everything of the first field is written, and four rows of the second. */
function reached(change: Partial<Reached> = {}): Reached[] {
  return [
    counted({ field: ACCESS, tally: { ...NONE, rotated: 10 } }),
    counted({ field: REFRESH, tally: { ...NONE, rotated: 4 }, ...change }),
  ];
}

describe('the summary of a rotation of two fields', () => {
  it.each<[title: string, ending: Ending, phases: PhaseName[], change?: Partial<typeof PLAN>]>([
    ['rotated', { kind: 'rotated', fields: both() }, ['preflight', 'rotate', 'verify'], { backup: 'keys.backup.jsonl' }],
    [
      'rotated while an application wrote, with values that are null',
      {
        kind: 'rotated',
        fields: both({
          before: withNulls({ ...census(12, 0), ids: idCounts(ids(12)) }, 3),
          after: withNulls({ ...census(0, 12, 0, 'b'), ids: idCounts(['row-13', ...ids(11)]) }, 3),
          ...{ tally: { rotated: 13, conflicts: 1, gone: 0, alreadyRotated: 0, named: 0 }, late: 1 },
        }),
      },
      ['preflight', 'rotate', 'verify'],
    ],
    [
      'rotated except unreadable values',
      {
        kind: 'rotated-except-unreadable',
        fields: both({ before: census(9, 0, 3), after: census(0, 9, 3), tally: { ...NONE, rotated: 9 } }),
      },
      ['preflight', 'rotate', 'verify'],
      { skipUnreadable: true },
    ],
    ['nothing to do', { kind: 'nothing-to-do', fields: surveyed(census(0, 12), withNulls(census(0, 9), 1)) }, ['preflight']],
    ['no rows', { kind: 'nothing-to-do', fields: surveyed(census(0, 0), census(0, 0)) }, ['preflight']],
    [
      'no value',
      { kind: 'nothing-to-do', fields: surveyed(withNulls(census(0, 0), 2), withNulls(census(0, 0), 2)) },
      ['preflight'],
    ],
    [
      'a rehearsal',
      { kind: 'rehearsed', fields: surveyed(census(10, 2), withNulls(census(1, 0), 11)) },
      ['preflight'],
      { dryRun: true },
    ],
    ['unreadable values', { kind: 'unreadable-rows', fields: surveyed(census(12, 0), census(9, 0, 3)) }, ['preflight']],
    [
      'an unregistered value',
      {
        kind: 'unregistered',
        values: [{ table: 'public.sessions', columns: ['iv', 'content', 'tag'], problem: null, endangered: false }],
      },
      [],
    ],
    [
      'unregistered values, with a report and a backup',
      {
        kind: 'unregistered',
        values: [
          { table: 'public.sessions', columns: ['token'], problem: null, endangered: false },
          { table: 'auth.refresh_tokens', columns: ['previous_token'], problem: null, endangered: false },
        ],
      },
      [],
      { backup: 'keys.backup.jsonl', report: 'report.json' },
    ],
    [
      'unregistered values, one of which has no iv of its own',
      {
        kind: 'unregistered',
        values: [
          { table: 'public.sessions', columns: ['token'], problem: null, endangered: false },
          {
            table: 'public.accounts',
            columns: ['iv', 'secret'],
            problem: 'shares column iv with another value',
            endangered: true,
          },
        ],
      },
      [],
    ],
    [
      'an unregistered value that has no iv of its own',
      {
        kind: 'unregistered',
        values: [
          {
            table: 'public.accounts',
            columns: ['iv', 'secret'],
            problem: 'shares column iv with another value',
            endangered: true,
          },
        ],
      },
      [],
    ],
    [
      'an unregistered value beside another one in a column',
      {
        kind: 'unregistered',
        values: [
          { table: 'public.accounts', columns: ['data'], problem: 'shares column data with another value', endangered: false },
        ],
      },
      [],
    ],
    [
      'a row that failed',
      { ...rowFailed('row-5', { kind: 'not-authentic' }, reached()), field: REFRESH },
      ['preflight', 'rotate'],
    ],
    [
      'a batch that failed',
      { ...rowFailed('row-5', { kind: 'conflicts', attempts: 3 }, reached()), field: REFRESH },
      ['preflight', 'rotate'],
      { batchRows: 500 },
    ],
    [
      'a write in doubt',
      { ...inDoubt({ notWritten: ['row-5'], unknown: ['row-6'] }, LOST), field: REFRESH, reached: reached() },
      ['preflight', 'rotate'],
      { batchRows: 2 },
    ],
    [
      'a refused write',
      { ...inDoubt({ notWritten: ['row-5'] }, REFUSED), field: REFRESH, reached: reached() },
      ['preflight', 'rotate'],
    ],
    ['a run in the way', stopped(RUNNING, [], null), []],
    [
      'a signal in the preflight of the second field',
      stopped(interrupted('SIGINT'), [counted({ field: ACCESS })], 'preflight'),
      ['preflight'],
    ],
    ['a signal between two writes', stopped(interrupted('SIGTERM'), reached()), ['preflight', 'rotate']],
    [
      'a signal after rows were added to the second field',
      stopped(interrupted('SIGTERM'), [counted({ field: ACCESS }), ...reached({ tally: { ...NONE, rotated: 14 } }).slice(1)]),
      ['preflight', 'rotate'],
    ],
    [
      'a lost connection in the verification',
      stopped(LOST, reached({ tally: { ...NONE, rotated: 10 } }), 'verify'),
      ['preflight', 'rotate', 'verify'],
    ],
  ])('that ended with %s', (_title, ending, phases, change) => {
    const conclusion = concludeRotate(ending, { ...PLAN, ...change }, KEYS, TWO);
    expect(summary('rotate', KEYS, phases, outcomeOfRotate(ending), conclusion, FIELDS, change?.dryRun)).toMatchSnapshot();
  });

  it.each<[title: string, doubt: Doubt, after: Census]>([
    ['ruined', { kind: 'ruined', count: 3, rows: unreadableRows(3) }, census(0, 9, 3)],
    ['rows-gone', { kind: 'rows-gone', went: 12 }, census(0, 0)],
    ['parts-changed', { kind: 'parts-changed' }, census(0, 12)],
    ['uncommitted', { kind: 'uncommitted', transactions: [OPEN] }, census(0, 12)],
    ['unreachable', { kind: 'unreachable', count: 2, ids: ids(2) }, census(2, 10)],
    ['reverted', { kind: 'reverted', count: 1, ids: ids(1) }, census(1, 11)],
    ['written-meanwhile', { kind: 'written-meanwhile', count: 2 }, census(2, 10)],
  ])('that the second field keeps from being verified: %s', (_title, doubt, after) => {
    const ending: Ending = { kind: 'not-verified', field: REFRESH, doubt, fields: both({ after }) };
    const conclusion = concludeRotate(ending, PLAN, KEYS, TWO);
    const phases: PhaseName[] = ['preflight', 'rotate', 'verify'];
    expect(summary('rotate', KEYS, phases, outcomeOfRotate(ending), conclusion, FIELDS)).toMatchSnapshot();
  });
});

describe('the summary of a verification of two fields', () => {
  it.each<[title: string, ending: VerifyEnding]>([
    ['every value', { kind: 'verified', fields: surveyed(census(0, 12), withNulls(census(0, 1), 2)) }],
    ['no rows', { kind: 'verified', fields: surveyed(census(0, 0), census(0, 0)) }],
    ['unreadable values', { kind: 'not-verified', fields: surveyed(census(0, 12), census(0, 9, 3)) }],
    ['no value that the key decrypts', { kind: 'not-verified', fields: surveyed(census(0, 0, 2), census(0, 0, 3)) }],
    ['open transactions', { kind: 'not-verified', fields: surveyed(census(0, 12), { ...census(0, 12), uncommitted: [OPEN] }) }],
    ['a signal', { kind: 'stopped', phase: 'verify', cause: interrupted('SIGINT'), reached: null }],
  ])('that found %s', (_title, ending) => {
    const key = KEYS.filter(({ name }) => name === 'new');
    const conclusion = concludeVerify(ending, keyWords(key), 'run the same command again');
    expect(summary('verify', key, ['verify'], outcomeOfVerify(ending), conclusion, FIELDS)).toMatchSnapshot();
  });
});

describe('the summary of a restore of two fields', () => {
  const tallies = (access: Partial<RestoreTally>, refresh: Partial<RestoreTally>) => [
    restoreTally({ field: ACCESS, ...access }),
    restoreTally({ field: REFRESH, ...refresh }),
  ];
  const restored = (access: Partial<RestoreTally>, refresh: Partial<RestoreTally>): RestoreEnding => ({
    kind: 'restored',
    reached: tallies(access, refresh),
  });

  it.each<[title: string, ending: RestoreEnding, dryRun?: boolean]>([
    ['every value', restored({ restored: 12 }, { restored: 12 })],
    ['every value, in a dry run', restored({ restored: 12 }, { restored: 12 }), true],
    ['none, since all hold the old value', restored({ alreadyRestored: 12 }, { alreadyRestored: 1 })],
    ['all but others', restored({ restored: 11, gone: 1 }, { restored: 9, alreadyRestored: 1, changed: new Set(ids(2)) })],
    ['all but one other', restored({ restored: 12 }, { restored: 11, changed: new Set(ids(1)) })],
    ['none, since all have changed', restored({ gone: 2 }, { changed: new Set(ids(2)) })],
    [
      'some, and a write is in doubt',
      {
        ...{ kind: 'write-in-doubt', field: REFRESH, cause: LOST },
        found: { written: [], notWritten: [], unknown: ['row-5'] },
        reached: tallies({ restored: 12 }, { restored: 4 }),
        onDisk: 'unknown',
      },
    ],
    [
      'some, and a signal stopped it',
      {
        ...{ kind: 'stopped', phase: 'restore', cause: interrupted('SIGTERM') },
        ...{ reached: tallies({ restored: 12 }, { restored: 4 }), onDisk: 'confirmed' },
      },
    ],
  ])('that put back %s', (_title, ending, dryRun = false) => {
    const conclusion = concludeRestore(ending, dryRun, { report: null }, TWO);
    expect(summary('restore', [], ['restore'], outcomeOfRestore(ending), conclusion, FIELDS, dryRun)).toMatchSnapshot();
  });
});
