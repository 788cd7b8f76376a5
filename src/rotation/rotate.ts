import type { EncryptionKey } from '../crypto/encryption-key.ts';
import type { KeyName, NamedKey } from './judge.ts';
import { readListed, readPages } from './pages.ts';
import { rotatePass } from './rotate-pass.ts';
import { type Ending, type Observer, Run, type RunOptions, type RunResult } from './run.ts';
import type { Swap } from './store.ts';
import { type Census, UNREADABLE_IDS_KEPT } from './survey.ts';

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

/** How many rounds there are at least before the run gives up on rows that are under the source key again and again. */
const ROUNDS = 3;

/**
 * Preflight, rotate, verify.
 *
 * @returns what is known at the end, however the run ended. Never rejects.
 */
export async function rotate(options: RotateOptions): Promise<RunResult> {
  const { skipUnreadable, dryRun, store, signal, observer } = options;
  const run = new Run(options);
  const source: KeyName = options.target === 'new' ? 'old' : 'new';
  const target: NamedKey = { name: options.target, key: options.keys[options.target] };
  const keys: [NamedKey, NamedKey] = [target, { name: source, key: options.keys[source] }];

  /** @returns how the run ends if it goes no further; null where there is something to rotate */
  async function preflight(before: Census): Promise<Ending | null> {
    const { unreadable, under } = before;
    // More than can be remembered cannot be told from those that the run itself would ruin.
    if (unreadable > 0 && (dryRun || !skipUnreadable || unreadable > UNREADABLE_IDS_KEPT)) return { kind: 'unreadable rows' };
    if (under[source] > 0) return dryRun ? { kind: 'rehearsed' } : null;
    if (!dryRun) await run.waitForDisk();
    run.after = before;
    return unreadable > 0 ? { kind: 'all but unreadable rows' } : { kind: 'nothing to do' };
  }

  async function rotateAndVerify(before: Census): Promise<Ending> {
    let last = before;
    for (let round = 1; ; round += 1) {
      run.after = null;
      const left = last.under[source];
      const listed = round > 1 && last.otherIds.length === left ? last.otherIds : null;
      const missing = new Set<string>();
      const rotated = new Set<string>();
      const { largestRow } = last;
      const pages =
        listed === null
          ? readPages(store, largestRow, signal)
          : readListed(store, listed, largestRow, signal, (id) => missing.add(id));
      const onRow: Observer['onRow'] = (id, outcome) => {
        if (listed !== null && outcome === 'rotated') rotated.add(id);
        observer.onRow(id, outcome);
      };
      await run.phase('rotate', left, (onProgress) =>
        rotatePass({ ...options, pages, onRow, keys, target, tally: run.tally, onProgress }),
      );
      await run.waitForDisk();
      // A row counts as being under the target key only because that key alone opened it.
      last = await run.survey('verify', keys, before.unreadableIds);
      await run.waitForDisk();
      run.after = last;
      if (round === 1) run.late = last.under[source];
      if (last.rows === 0) return { kind: 'not verified', why: { kind: 'emptied' } };
      if (last.ruined > 0) return { kind: 'not verified', why: { kind: 'unreadable' } };
      if (last.under[source] === 0) return last.unreadable > 0 ? { kind: 'all but unreadable rows' } : { kind: 'rotated' };
      if (round < ROUNDS || last.under[source] < left) continue;
      const unreachable = last.otherIds.filter((id) => missing.has(id));
      const reverted = last.otherIds.filter((id) => rotated.has(id));
      return { kind: 'not verified', why: { kind: 'left', unreachable, reverted } };
    }
  }

  return run.finish(async () => {
    const before = await run.survey('preflight', keys);
    run.before = before;
    return (await preflight(before)) ?? rotateAndVerify(before);
  });
}
