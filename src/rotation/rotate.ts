import type { EncryptionKey } from '../crypto/encryption-key.ts';
import type { KeyName, NamedKey } from './judge.ts';
import { rotatePass } from './rotate-pass.ts';
import { type Ending, Run, type RunOptions, type RunResult } from './run.ts';
import type { Swap } from './store.ts';
import type { Census } from './survey.ts';

export interface RotateOptions extends RunOptions {
  readonly keys: Readonly<Record<KeyName, EncryptionKey>>;
  /** The key to reach: the new one, or with a rollback the old one. */
  readonly target: KeyName;
  readonly dryRun: boolean;
  readonly skipUnreadable: boolean;
  /** Rows per statement, 1 or more. */
  readonly batchRows: number;
  /** Awaited before each write. */
  readonly beforeWrite: (swaps: readonly Swap[]) => Promise<void>;
}

/** How often a row that came in under the key to leave, behind the rotation, makes it go round again. */
const ROUNDS = 3;

/**
 * Preflight, rotate, verify.
 *
 * @returns what is known at the end, however the run ended. Never rejects.
 */
export async function rotate(options: RotateOptions): Promise<RunResult> {
  const { skipUnreadable, dryRun } = options;
  const run = new Run(options);
  const source: KeyName = options.target === 'new' ? 'old' : 'new';
  const target: NamedKey = { name: options.target, key: options.keys[options.target] };
  const keys = [target, { name: source, key: options.keys[source] }];

  /** @returns how the run ends if it goes no further; else what there is to rotate */
  async function preflight(): Promise<Ending | Census> {
    const before = await run.survey('preflight', await run.countRows(), keys);
    run.before = before;
    const { unreadable, under } = before;
    if (unreadable > 0 && (dryRun || !skipUnreadable)) return { kind: 'unreadable rows' };
    if (under[source] > 0) return dryRun ? { kind: 'rehearsed' } : before;
    run.after = before;
    return unreadable > 0 ? { kind: 'all but unreadable rows' } : { kind: 'nothing to do' };
  }

  async function rotateAndVerify(before: Census): Promise<Ending> {
    let last = before;
    for (let round = 1; round <= ROUNDS; round += 1) {
      run.after = null;
      await run.phase('rotate', last.under[source], (onProgress) =>
        rotatePass({ ...options, ...options.observer, keys, target, tally: run.tally, onProgress }),
      );
      // A row counts as being under the target key only because that key alone opened it.
      last = await run.survey('verify', last.rows, keys);
      run.after = last;
      const { unreadable, under } = last;
      if (unreadable > 0 && !skipUnreadable) return { kind: 'not verified' };
      if (under[source] === 0) return unreadable > 0 ? { kind: 'all but unreadable rows' } : { kind: 'rotated' };
    }
    return { kind: 'not verified' };
  }

  return run.finish(async () => {
    const passed = await preflight();
    return 'kind' in passed ? passed : rotateAndVerify(passed);
  });
}
