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
    run.after = await run.survey('verify', await run.countRows(), [{ name: 'new', key: options.newKey }]);
    return { kind: run.after.unreadable === 0 ? 'verified' : 'not verified' };
  });
}
