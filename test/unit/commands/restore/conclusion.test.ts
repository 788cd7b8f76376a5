import { describe, expect, it } from 'vitest';
import { backupWarnings, conclude } from '../../../../src/commands/restore/conclusion.ts';
import type { Durability, RestoreEnding, RestoreTally } from '../../../../src/rotation/result.ts';
import { bug, FIELD, interrupted, LOST, ONE, REFUSED, RUNNING, restoreTally } from '../endings.ts';

const restored = (tally: Partial<RestoreTally>): RestoreEnding => ({ kind: 'restored', reached: [restoreTally(tally)] });
const stopped = (cause: unknown): RestoreEnding => ({
  ...{ kind: 'stopped', phase: 'restore', cause, reached: [restoreTally()] },
  onDisk: 'confirmed',
});
const inDoubt = (cause: unknown): RestoreEnding => ({
  ...{ kind: 'write-in-doubt', field: FIELD, found, cause, reached: [restoreTally()] },
  onDisk: 'confirmed',
});
const found = { written: [], notWritten: [], unknown: ['row-1'] };
const FILES = { report: null };

describe('the exit code of a restore', () => {
  it.each<[code: number, title: string, ending: RestoreEnding]>([
    [0, 'rows that were put back', restored({ restored: 3 })],
    [0, 'rows of which some were changed', restored({ restored: 3, gone: 1, changed: new Set(['row-1']) })],
    [0, 'rows that held the old value already', restored({ alreadyRestored: 3, gone: 1 })],
    [0, 'a backup without records', restored({})],
    [1, 'an error that nobody expected', stopped(bug())],
    [4, 'a database that failed', stopped(LOST)],
    [4, 'a write without an answer', inDoubt(LOST)],
    [4, 'a write that was refused', inDoubt(REFUSED)],
    [5, 'a rotation that is running', stopped(RUNNING)],
    [6, 'a backup of which no row holds a value', restored({ gone: 1, changed: new Set(['row-1']) })],
    [6, 'a backup whose rows are all gone', restored({ gone: 3 })],
    [129, 'SIGHUP', stopped(interrupted('SIGHUP'))],
    [130, 'SIGINT', stopped(interrupted('SIGINT'))],
    [143, 'SIGTERM', stopped(interrupted('SIGTERM'))],
  ])('is %i for %s, also of a dry run', (code, _title, ending) => {
    for (const dryRun of [false, true]) {
      const { exitCode, headline } = conclude(ending, dryRun, FILES, ONE);
      expect(exitCode).toBe(code);
      expect(headline).not.toBe('');
    }
  });

  it('mentions what was written only if something may have been', () => {
    expect(conclude(stopped(interrupted('SIGINT')), true, FILES, ONE).details).toEqual(['nothing was written']);
    expect(
      conclude(
        { kind: 'stopped', phase: null, cause: RUNNING, reached: [restoreTally()], onDisk: 'confirmed' },
        false,
        FILES,
        ONE,
      ).details,
    ).toEqual(['nothing was written']);
    const reached = [restoreTally({ restored: 5 })];
    const soFar = (cause: unknown, onDisk: Durability) =>
      conclude({ kind: 'stopped', phase: 'restore', cause, reached, onDisk }, false, FILES, ONE).details;
    expect(soFar(LOST, 'flushed')).toEqual([
      '5 rows put back so far',
      'if the server crashed during this run, or a standby took its place, the last of these rows may hold the rotated value again',
    ]);
    expect(soFar(LOST, 'confirmed')).toEqual(['5 rows put back so far']);
    expect(soFar(interrupted('SIGINT'), 'flushed')).toEqual(['5 rows put back so far']);
    expect(soFar(interrupted('SIGINT'), 'unknown')).toEqual([
      '5 rows put back so far',
      'the tool could not confirm that all of these rows are on the disk of the server: if that crashed, or crashes now, or a standby takes its place, the last of them may hold the rotated value again',
    ]);
  });

  it('names every row that it left alone, up to twenty', () => {
    const changed = new Set(Array.from({ length: 21 }, (_, index) => `row-${index}`));
    const { details } = conclude(restored({ restored: 1, changed }), false, FILES, ONE);
    expect(details.filter((line) => line.endsWith(': has changed'))).toHaveLength(20);
    expect(details.at(-1)).toBe('and 1 more');
  });

  it('says how to repeat it with another report', () => {
    expect(conclude(stopped(LOST), false, { report: 'r.json' }, ONE).nextSteps).toEqual([
      'run the same command again with another --report file: it continues where it stopped',
    ]);
  });
});

describe('what is said about a backup before it is restored', () => {
  const backup = (formatVersion: 1 | 2, ending: 'whole' | 'open' | 'torn') =>
    backupWarnings({
      header: {
        ...{ format: 'rotate-encryption-key backup', formatVersion, createdAt: '2026-01-01T00:00:00.000Z' },
        ...{ database: { host: 'h', port: 5432, name: 'd' }, fields: [{ name: FIELD, table: 'public.user_api_keys' }] },
        keys: { target: '1'.repeat(16), sources: ['0'.repeat(16)] },
      },
      ...{ records: 1, ending, headerChecksum: '', lastChecksum: '' },
    });
  const why = 'the run that wrote it was killed or could not write on, or this copy of the file is truncated';
  const torn = `the last line of the backup is incomplete and will be ignored: ${why}`;
  const unchecked = 'the backup has format 1, without checksums: not all damage can be detected';

  it.each([
    [2 as const, 'whole' as const, []],
    [2 as const, 'open' as const, [`the backup has no end line: ${why}`]],
    [2 as const, 'torn' as const, [torn]],
    [1 as const, 'open' as const, [unchecked]],
    [1 as const, 'torn' as const, [unchecked, torn]],
  ])('depends on its format, %i, and its end: %s', (formatVersion, ending, warnings) => {
    expect(backup(formatVersion, ending)).toEqual(warnings);
  });
});
