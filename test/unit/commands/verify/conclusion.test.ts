import { describe, expect, it } from 'vitest';
import { conclude } from '../../../../src/commands/verification.ts';
import { keyWords } from '../../../../src/report/key-words.ts';
import type { VerifyEnding } from '../../../../src/rotation/result.ts';
import { bug, census, interrupted, KEYS, LOST, RUNNING, surveyed } from '../endings.ts';

const NEW_ALONE = keyWords(KEYS.filter(({ name }) => name === 'new'));
const stopped = (cause: unknown): VerifyEnding => ({ kind: 'stopped', phase: 'verify', cause, reached: null });
const uncommitted: VerifyEnding = { kind: 'not-verified', fields: surveyed({ ...census(0, 12), uncommitted: ['pid 4711'] }) };

describe('the exit code of a verification', () => {
  it.each<[code: number, title: string, ending: VerifyEnding]>([
    [0, 'every row under the new key', { kind: 'verified', fields: surveyed(census(0, 12)) }],
    [0, 'an empty table', { kind: 'verified', fields: surveyed(census(0, 0)) }],
    [1, 'an error that nobody expected', stopped(bug())],
    [4, 'a database that failed', stopped(LOST)],
    [5, 'a rotation that is running', stopped(RUNNING)],
    [6, 'rows that the new key does not decrypt', { kind: 'not-verified', fields: surveyed(census(0, 11, 1)) }],
    [6, 'a transaction that has not ended', uncommitted],
    [129, 'SIGHUP', stopped(interrupted('SIGHUP'))],
    [130, 'SIGINT', stopped(interrupted('SIGINT'))],
    [143, 'SIGTERM', stopped(interrupted('SIGTERM'))],
  ])('is %i for %s, and there is always a next step', (code, _title, ending) => {
    const { exitCode, headline, nextSteps } = conclude(ending, NEW_ALONE, 'run the same command again');
    expect(exitCode).toBe(code);
    expect(headline).not.toBe('');
    expect(nextSteps.length).toBeGreaterThan(0);
  });

  it('says that the old key may be retired only after every one of some rows was decrypted', () => {
    const retire = (ending: VerifyEnding) =>
      conclude(ending, NEW_ALONE, 'run the same command again').nextSteps.join().includes('retire the old key');
    expect(retire({ kind: 'verified', fields: surveyed(census(0, 12)) })).toBe(true);
    for (const ending of [
      { kind: 'verified' as const, fields: surveyed(census(0, 0)) },
      { kind: 'not-verified' as const, fields: surveyed(census(0, 11, 1)) },
      uncommitted,
      stopped(LOST),
    ]) {
      expect(retire(ending)).toBe(false);
    }
  });
});
