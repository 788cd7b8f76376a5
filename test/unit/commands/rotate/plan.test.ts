import { describe, expect, it } from 'vitest';
import { readRotatePlan, readRotationKeys } from '../../../../src/commands/rotate/plan.ts';
import { importEncryptionKey } from '../../../../src/crypto/encryption-key.ts';
import { newKey } from '../../../support/application/application.ts';
import { given, problemsOf } from '../given.ts';

const DEFAULTS = {
  ...{ dryRun: false, skipUnreadable: false, batchRows: 1, connections: 1, maxRowsPerSecond: null },
  ...{ backup: null, report: null, ignore: [] },
  reason: null,
  rollback: false,
};

describe('the plan of a rotation', () => {
  it.each<[argv: string, change: object]>([
    ['', {}],
    ['--dry-run', { dryRun: true }],
    ['--rollback --skip-unreadable', { rollback: true, skipUnreadable: true }],
    [
      '--rollback --dry-run --skip-unreadable --batch-size 7',
      { rollback: true, dryRun: true, skipUnreadable: true, batchRows: 7 },
    ],
    ['--batch-size 1', {}],
    ['--batch-size 500', { batchRows: 500 }],
    ['--batch-size=5000', { batchRows: 5000 }],
    ['--connections 16', { connections: 16 }],
    ['--max-rows-per-second 1', { maxRowsPerSecond: 1 }],
    ['--max-rows-per-second 20 --batch-size 20', { maxRowsPerSecond: 20, batchRows: 20 }],
    ['--max-rows-per-second 20 --batch-size 500', { maxRowsPerSecond: 20, batchRows: 20 }],
    ['--batch-size 500 --max-rows-per-second 100000 --dry-run', { maxRowsPerSecond: 100_000, batchRows: 500, dryRun: true }],
    ['--ignore accounts.note', { ignore: ['accounts.note'] }],
    ['--ignore a.x --dry-run --ignore=public.b.y', { dryRun: true, ignore: ['a.x', 'public.b.y'] }],
    ['--backup keys.jsonl --report r.json', { backup: 'keys.jsonl', report: 'r.json' }],
  ])('is what "%s" says', async (argv, change) => {
    expect(await readRotatePlan(given(argv))).toEqual({ ...DEFAULTS, ...change });
  });

  it.each(['0', '5001', '-1', '1.5', '1e3', '0x10', '01', ' 5', '5\t', '５', 'all', newKey()])(
    'refuses "%s" as a batch size, and does not repeat it',
    async (size) => {
      expect(await problemsOf(readRotatePlan(given([`--batch-size=${size}`])))).toEqual([
        { message: '--batch-size is not a whole number from 1 to 5000', hint: 'leave it out to write row by row' },
      ]);
    },
  );

  it.each(['0', '17', '-1', '1.5', '1e1', '0x1', '01', ' 5', '５', 'all', newKey()])(
    'refuses "%s" as a number of connections, and does not repeat it',
    async (connections) => {
      expect(await problemsOf(readRotatePlan(given([`--connections=${connections}`])))).toEqual([
        {
          message: '--connections is not a whole number from 1 to 16',
          hint: 'leave it out to write one batch after the other',
        },
      ]);
    },
  );

  it.each(['0', '-1', '0.5', '1e3', '0x10', '01', ' 5', '５', 'all', newKey()])(
    'refuses "%s" as rows per second, and does not repeat it',
    async (limit) => {
      expect(await problemsOf(readRotatePlan(given([`--max-rows-per-second=${limit}`])))).toEqual([
        {
          message: '--max-rows-per-second is not a whole number from 1',
          hint: 'leave it out to write as fast as the database allows',
        },
      ]);
    },
  );

  it('refuses a backup of a dry run', async () => {
    expect(await problemsOf(readRotatePlan(given('--dry-run --backup f')))).toEqual([
      { message: '--dry-run writes nothing, so --backup has nothing to save', hint: 'leave one out' },
    ]);
  });
});

describe('the keys of a rotation', () => {
  const [oldHex, newHex] = [newKey(), newKey()];
  const env = { OLD_ENCRYPTION_KEY: oldHex, NEW_ENCRYPTION_KEY: newHex };
  const [oldPrint, newPrint] = [oldHex, newHex].map((hex) => importEncryptionKey(hex).fingerprint);

  it.each([
    ['new' as const, newHex, oldHex, ['source', 'target']],
    ['old' as const, oldHex, newHex, ['target', 'source']],
  ])(
    'have the %s key as the target, the other as the source, and keep their names',
    async (target, targetHex, sourceHex, roles) => {
      const plan = await readRotatePlan(given(target === 'old' ? '--rollback' : ''));
      const { ring, named } = await readRotationKeys(env, plan, new AbortController().signal);
      expect(ring.target.keyObject.export().toString('hex')).toBe(targetHex);
      expect(ring.sources.map(({ keyObject }) => keyObject.export().toString('hex'))).toEqual([sourceHex]);
      expect(named).toEqual([
        { role: roles[0], name: 'old', fingerprint: oldPrint },
        { role: roles[1], name: 'new', fingerprint: newPrint },
      ]);
    },
  );
});
