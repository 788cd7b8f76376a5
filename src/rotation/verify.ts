import type { EncryptionKey } from '../crypto/encryption-key.ts';
import { Run, type RunOptions, type RunResult } from './run.ts';

export interface VerifyOptions extends RunOptions {
  readonly newKey: EncryptionKey;
}

/**
 * Opens every row with the new key alone.
 *
 * @returns what is known at the end, however the run ended. Never rejects.
 */
export async function verify(options: VerifyOptions): Promise<RunResult> {
  const run = new Run(options);
  return run.finish(async () => {
    const census = await run.survey('verify', [{ name: 'new', key: options.newKey }]);
    // What a crash could still take back would have been seen, and would not be there any more.
    await run.waitForDisk();
    run.after = census;
    return census.unreadable === 0 ? { kind: 'verified' } : { kind: 'not verified', why: { kind: 'unreadable' } };
  });
}
