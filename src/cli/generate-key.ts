import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { importEncryptionKey } from '../crypto/encryption-key.ts';
import type { Output } from './output.ts';
import { outputFileProblem } from './output-file.ts';
import { UsageError } from './usage-error.ts';

/**
 * Makes an encryption key: 32 bytes from the system's random source, as 64 hex characters.
 *
 * @param out - the file to write it to, readable for its owner only and never overwritten; null for stdout
 * @param note - whether to say on stderr what the key is for
 * @throws UsageError where the file exists or cannot be made
 */
export function generateKey(out: string | null, note: boolean, output: Output): void {
  const hex = randomBytes(32).toString('hex');
  if (out === null) {
    output.result(hex);
  } else {
    const problem = outputFileProblem('--out', out, false);
    if (problem !== null) throw new UsageError([problem]);
    writeFileSync(out, `${hex}\n`, { mode: 0o600, flag: 'wx', flush: true });
  }
  if (!note) return;
  output.say(`a new encryption key, fingerprint ${importEncryptionKey(hex).fingerprint}`);
  output.say(
    'put it into your secret store, give it to the rotation as NEW_ENCRYPTION_KEY, and to the services when that is done',
  );
}
