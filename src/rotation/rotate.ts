import type { KeyRing } from '../crypto/key-ring.ts';
import { type Census, countUnder, UNREADABLE_IDS_KEPT } from './census.ts';
import { readListed, readPages } from './pages.ts';
import type { Compared, Doubt, Reached, Result, RotateEnding, Tally } from './result.ts';
import { rotatePass } from './rotate-pass.ts';
import { RowFailed } from './row-failed.ts';
import { Run, type RunOptions } from './run.ts';
import type { Swap } from './store.ts';
import { RunningTally } from './tally.ts';
import { WriteInDoubt } from './write-swaps.ts';

export interface RotateOptions extends RunOptions {
  readonly ring: KeyRing;
  readonly dryRun: boolean;
  readonly skipUnreadable: boolean;
  /** Rows per statement, 1 or more. */
  readonly batchRows: number;
  /** Awaited before each write. */
  readonly beforeWrite: (swaps: readonly Swap[]) => Promise<void>;
}

/** The minimum number of rotate-verify rounds before the run gives up on rows that are still under a source key. */
const ROUNDS = 3;

/**
 * Preflight, rotate, verify.
 *
 * @returns what is known at the end, however the run ended. Never rejects.
 */
export async function rotate(options: RotateOptions): Promise<Result<RotateEnding>> {
  const { skipUnreadable, dryRun, store, signal, observer, ring } = options;
  const run = new Run(options);
  const tally = new RunningTally();
  let counted: { readonly before: Census; readonly last: Census; readonly tallyThen: Tally } | null = null;

  async function preflight(): Promise<RotateEnding> {
    const census = await run.survey('preflight', ring);
    counted = { before: census, last: census, tallyThen: tally.now() };
    const { unreadable } = census;
    // Beyond this number, they could not be distinguished from rows that become unreadable during the run.
    const skips = skipUnreadable && !dryRun && unreadable <= UNREADABLE_IDS_KEPT;
    if (unreadable > 0 && !skips) return { kind: 'unreadable-rows', census };
    if (countUnder(census, ring.sources) > 0) return dryRun ? { kind: 'rehearsed', census } : rotateAndVerify(census);
    if (!dryRun) await run.waitForDisk();
    const compared = { before: census, after: census, tally: tally.now(), late: 0 };
    const doubt = dryRun ? null : doubtOf(compared);
    if (doubt !== null) return { kind: 'not-verified', doubt, ...compared };
    return unreadable === 0 ? { kind: 'nothing-to-do', census } : { kind: 'rotated-except-unreadable', ...compared };
  }

  async function rotateAndVerify(before: Census): Promise<RotateEnding> {
    let last = before;
    let late = 0;
    for (let round = 1; ; round += 1) {
      const left = countUnder(last, ring.sources);
      if (round === 1 || last.sourceIds.length < left) await passOverAll(last, left);
      const pass = round === 1 ? null : await passOverListed(last);
      await run.waitForDisk();
      // A row counts as under the target key only because that key decrypted it.
      last = await run.survey('verify', ring, before.unreadableIds);
      await run.waitForDisk();
      counted = { before, last, tallyThen: tally.now() };
      const leftNow = countUnder(last, ring.sources);
      if (round === 1) late = leftNow;
      const compared = { before, after: last, tally: tally.now(), late };
      const doubt = doubtOf(compared);
      if (doubt !== null) return { kind: 'not-verified', doubt, ...compared };
      if (leftNow === 0) return { kind: last.unreadable > 0 ? 'rotated-except-unreadable' : 'rotated', ...compared };
      if (round >= ROUNDS && leftNow >= left) {
        return { kind: 'not-verified', doubt: whyLeft(last, leftNow, pass), ...compared };
      }
    }
  }

  async function passOverAll({ rows, largestRow }: Census, left: number): Promise<void> {
    const pages = readPages(store, largestRow, rows, signal);
    await run.time('rotate', left, (onProgress) => rotatePass({ ...options, ...observer, pages, tally, onProgress }));
  }

  async function passOverListed({ largestRow, sourceIds }: Census): Promise<ListedPass> {
    const pass = { missing: new Set<string>(), rotated: new Set<string>() };
    const pages = readListed(store, sourceIds, largestRow, signal, (id) => pass.missing.add(id));
    const onRow: typeof observer.onRow = (id, outcome) => {
      if (outcome === 'rotated') pass.rotated.add(id);
      // The scan has just read it, so its id cannot be found.
      if (outcome === 'gone') pass.missing.add(id);
      observer.onRow(id, outcome);
    };
    await run.time('rotate', sourceIds.length, (onProgress) => rotatePass({ ...options, pages, onRow, tally, onProgress }));
    return pass;
  }

  function reached(): Reached {
    return counted === null ? { kind: 'nothing-counted' } : { kind: 'counted', ...counted, tally: tally.now() };
  }

  function endingOf(error: unknown): RotateEnding {
    if (error instanceof RowFailed) return { kind: 'row-failed', id: error.id, why: error.why, reached: reached() };
    if (error instanceof WriteInDoubt)
      return { kind: 'write-in-doubt', found: error.found, cause: error.cause, reached: reached() };
    return { kind: 'stopped', phase: run.phase, cause: error, reached: reached() };
  }

  const ending = await preflight().catch(endingOf);
  return { ending, phases: run.phases };
}

/** What a pass over listed rows found: ids without a row, and rows that it rotated. */
interface ListedPass {
  readonly missing: ReadonlySet<string>;
  readonly rotated: ReadonlySet<string>;
}

/** Says why the last survey is not a proof, apart from rows under a source key. */
function doubtOf({ before, after }: Compared): Doubt | null {
  if (before.parts !== after.parts) return { kind: 'parts-changed' };
  const { went } = before.ids.trafficUntil(after.ids);
  if (went > 0 && went * 2 >= before.rows) return { kind: 'rows-gone', went };
  if (before !== after && after.ruined > 0) return { kind: 'ruined', count: after.ruined, rows: after.ruinedRows };
  return after.uncommitted.length > 0 ? { kind: 'uncommitted', transactions: after.uncommitted } : null;
}

/** Says what is known about rows that are still under a source key after a pass over them. */
function whyLeft({ sourceIds }: Census, count: number, pass: ListedPass | null): Doubt {
  const unreachable = sourceIds.filter((id) => pass?.missing.has(id));
  if (unreachable.length > 0) return { kind: 'unreachable', count, ids: unreachable };
  const reverted = sourceIds.filter((id) => pass?.rotated.has(id));
  if (reverted.length > 0) return { kind: 'reverted', count, ids: reverted };
  return { kind: 'written-meanwhile', count };
}
