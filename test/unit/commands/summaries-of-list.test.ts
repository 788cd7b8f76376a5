import { describe, expect, it } from 'vitest';
import { conclude as concludeRotate } from '../../../src/commands/rotate/conclusion.ts';
import type { Ending } from '../../../src/commands/rotate/ending.ts';
import { outcome as outcomeOfRotate } from '../../../src/commands/rotate/outcome.ts';
import { conclude as concludeVerify, outcome as outcomeOfVerify } from '../../../src/commands/verification.ts';
import { keyWords } from '../../../src/report/key-words.ts';
import type { NamedKey } from '../../../src/report/report.ts';
import type { Census } from '../../../src/rotation/census.ts';
import type { Doubt, VerifyEnding } from '../../../src/rotation/result.ts';
import { plain } from '../../../src/text/wrap.ts';
import {
  census,
  compared,
  counted,
  FIELD,
  inDoubt,
  KEYS,
  LOST,
  NONE,
  ONE,
  PLAN,
  rowFailed,
  surveyed,
  unreadableRows,
} from './endings.ts';
import { summary } from './summary.ts';

const THIRD = 'cccccccccccccccc';
const [OLD, NEW] = KEYS.map(({ fingerprint }) => fingerprint);

/** As a list names them: the new key first, then the old one, then a third. */
const LIST: readonly NamedKey[] = [
  { role: 'target', name: 'first', fingerprint: NEW ?? '' },
  { role: 'source', name: 'second', fingerprint: OLD ?? '' },
  { role: 'source', name: 'third', fingerprint: THIRD },
];

/** @returns a census with rows under the third key as well */
function withThird(found: Census, rows: number): Census {
  return { ...found, rows: found.rows + rows, under: new Map([...found.under, [THIRD, rows]]) };
}

const mixed = withThird(census(5, 3), 4);
const left = { ...census(2, 10), sourceIds: ['row-1', 'row-2'] };
const reached = counted({ before: mixed, last: mixed, tally: { ...NONE, rotated: 2 } });
const unreadable = { ...census(0, 0, 3), unreadableRows: unreadableRows(3).slice(2) };

function notVerified(doubt: Doubt): Ending {
  return { kind: 'not-verified', field: FIELD, doubt, fields: [compared(left, { before: mixed })] };
}

describe('the summary of a rotation with a list of three keys', () => {
  it.each<[title: string, ending: Ending, change?: Partial<typeof PLAN>]>([
    ['done', { kind: 'rotated', fields: [compared(census(0, 12), { before: mixed })] }, { backup: 'b.jsonl' }],
    ['done before', { kind: 'nothing-to-do', fields: surveyed(census(0, 12)) }],
    ['rehearsed', { kind: 'rehearsed', fields: surveyed(mixed) }, { dryRun: true }],
    ['rows that no key opens', { kind: 'unreadable-rows', fields: surveyed(census(5, 3, 2)) }],
    ['no row that a key opens', { kind: 'unreadable-rows', fields: surveyed(unreadable) }],
    ['a row that changed', rowFailed('row-3', { kind: 'not-authentic' }, [reached])],
    ['a write in doubt', { ...inDoubt({ unknown: ['row-5'] }, LOST), reached: [reached] }],
    ['rows that are put back', notVerified({ kind: 'reverted', count: 2, ids: ['row-1', 'row-2'] })],
    ['rows that came meanwhile', notVerified({ kind: 'written-meanwhile', count: 2 })],
    ['rows out of reach', notVerified({ kind: 'unreachable', count: 2, ids: ['row-1', 'row-2'] })],
  ])('says: %s', (_title, ending, change) => {
    const conclusion = concludeRotate(ending, { ...PLAN, ...change }, LIST, ONE);
    const text = summary('rotate', LIST, ['preflight'], outcomeOfRotate(ending), conclusion, undefined, change?.dryRun);
    expect(text).toMatchSnapshot();
  });
});

describe('the summary of a rotation with one key', () => {
  it.each([
    ['without a registry', null, []],
    ['with one', { toRetire: [], wasUsed: true }, ['see what comes next: npx tsx scripts/rotate-encryption-key.ts status']],
  ])('speaks of no other key, %s', (_title, known, last) => {
    const census12 = census(0, 12);
    const only = LIST.slice(0, 1);
    const named = compared(census12, { before: { ...census12, misnamed: 12 }, tally: { ...NONE, named: 12 } });
    const { details, nextSteps } = concludeRotate({ kind: 'rotated', fields: [named] }, PLAN, only, ONE, known);
    expect(details).toContain('the key id of 12 rows was set: they named another key, or none');
    expect(nextSteps.map(plain)).toEqual(['check once more: npx tsx scripts/rotate-encryption-key.ts verify', ...last]);
  });
});

describe('the summary of a nightly sweep that finds nothing to do', () => {
  it.each([
    [true, ['see what comes next: status']],
    [false, ['if this table was never rotated, the order is wrong', 'otherwise set the first key in every service']],
  ])('doubts the order of the keys only if no run found values under the first key before (%s)', (wasUsed, begins) => {
    const ending: Ending = { kind: 'nothing-to-do', fields: surveyed(census(0, 12)) };
    const { details, nextSteps } = concludeRotate(ending, PLAN, LIST, ONE, { toRetire: [], wasUsed });
    expect(details.join().includes('order is wrong')).toBe(!wasUsed);
    expect(nextSteps.map((step) => plain(step).replace('npx tsx scripts/rotate-encryption-key.ts ', ''))).toEqual(
      begins.map((begin) => expect.stringMatching(new RegExp(`^${begin}`, 'u'))),
    );
  });
});

describe('the summary of a verification with the first key of a list', () => {
  it.each<[title: string, ending: VerifyEnding]>([
    ['every row', { kind: 'verified', fields: surveyed(census(0, 12)) }],
    ['not every row', { kind: 'not-verified', fields: surveyed(census(0, 9, 3)) }],
  ])('says: it decrypts %s', (_title, ending) => {
    const keys = LIST.slice(0, 1);
    const conclusion = concludeVerify(ending, keyWords(keys), 'run the same command again');
    expect(summary('verify', keys, ['verify'], outcomeOfVerify(ending), conclusion)).toMatchSnapshot();
  });
});
