import type { EncryptionKey } from '../crypto/encryption-key.ts';
import type { Result, VerifyEnding } from './result.ts';
import { Run, type RunOptions } from './run.ts';

export interface VerifyOptions extends RunOptions {
  readonly target: EncryptionKey;
}

/**
 * Decrypts every row with the target key alone.
 *
 * @returns what is known at the end, however the run ended. Never rejects.
 */
export async function verify({ target, ...options }: VerifyOptions): Promise<Result<VerifyEnding>> {
  const run = new Run(options);
  const ending = await verifyAll(run, target).catch(
    (cause: unknown): VerifyEnding => ({ kind: 'stopped', phase: run.phase, cause, reached: null }),
  );
  return { ending, phases: run.phases };
}

async function verifyAll(run: Run, target: EncryptionKey): Promise<VerifyEnding> {
  const census = await run.survey('verify', { target, sources: [] });
  // Otherwise a crash could undo commits that the survey has seen.
  await run.waitForDisk();
  return { kind: census.unreadable + census.uncommitted.length === 0 ? 'verified' : 'not-verified', census };
}
