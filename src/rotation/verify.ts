import type { EncryptionKey } from '../crypto/encryption-key.ts';
import type { Result, VerifyEnding } from './result.ts';
import { Run, type RunOptions } from './run.ts';

export interface VerifyOptions extends RunOptions {
  readonly target: EncryptionKey;
}

/**
 * Opens every value of every field with the target key alone.
 *
 * @returns what is known at the end, however the run ended. Never rejects.
 */
export async function verify(options: VerifyOptions): Promise<Result<VerifyEnding>> {
  const run = new Run(options);
  const ending = await verifyAll(run, options.target).catch(
    (cause: unknown): VerifyEnding => ({ kind: 'stopped', phase: run.phase, cause, reached: null }),
  );
  return { ending, phases: run.phases };
}

async function verifyAll(run: Run, target: EncryptionKey): Promise<VerifyEnding> {
  const found = await run.surveyAll('verify', { target, sources: [] });
  // What a crash could still take back would have been seen, and would not be there any more.
  await run.waitForDisk();
  const clean = found.every(({ census }) => census.unreadable + census.uncommitted.length === 0);
  return { kind: clean ? 'verified' : 'not-verified', fields: found };
}
