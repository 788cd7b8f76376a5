import type { KeyRing } from '../crypto/key-ring.ts';
import { countUnder } from './census.ts';
import type { Result, VerifyEnding } from './result.ts';
import { Run, type RunOptions } from './run.ts';

export interface VerifyOptions extends RunOptions {
  /** A verification is to find every value under the target; source keys tell what the others are under. */
  readonly ring: KeyRing;
}

/**
 * Surveys every field.
 *
 * @returns what is known at the end, however the run ended. Never rejects.
 */
export async function verify(options: VerifyOptions): Promise<Result<VerifyEnding>> {
  const run = new Run(options);
  const ending = await verifyAll(run, options.ring).catch(
    (cause: unknown): VerifyEnding => ({ kind: 'stopped', phase: run.phase, cause, reached: null }),
  );
  await run.end();
  return { ending, phases: run.phases };
}

async function verifyAll(run: Run, ring: KeyRing): Promise<VerifyEnding> {
  const found = await run.surveyAll('verify', ring);
  // The surveys may have seen commits that are not on the disk yet.
  await run.waitForDisk();
  const clean = found.every(
    ({ census }) => census.unreadable + census.uncommitted.length + countUnder(census, ring.sources) === 0,
  );
  return { kind: clean ? 'verified' : 'not-verified', fields: found };
}
