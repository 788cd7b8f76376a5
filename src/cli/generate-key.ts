import { randomBytes } from 'node:crypto';
import { importEncryptionKey } from '../crypto/encryption-key.ts';
import type { Output } from './output.ts';
import { outputFileProblem, writeFileAtomically } from './output-file.ts';
import { printable } from './printable.ts';
import { UsageError } from './usage-error.ts';

/**
 * Makes an encryption key: 32 bytes from the system's random source, as 64 hex characters.
 *
 * @param out - the file to write it to, readable for its owner only and never overwritten; null for stdout
 * @param note - whether to say on stderr what the key is for
 * @throws UsageError where the key cannot be written
 */
export async function generateKey(out: string | null, note: boolean, output: Output): Promise<void> {
  const hex = randomBytes(32).toString('hex');
  if (out === null) await output.resultWritten(hex).catch(() => refuse('the key cannot be written to stdout'));
  else writeKey(out, hex);
  if (!note) return;
  output.say(`a new encryption key, fingerprint ${importEncryptionKey(hex).fingerprint}`);
  output.say(
    'put it into your secret store, give it to the rotation as NEW_ENCRYPTION_KEY, and to the services when that is done',
  );
}

function writeKey(file: string, hex: string): void {
  const problem = outputFileProblem('--out', file, null);
  if (problem !== null) throw new UsageError([problem]);
  try {
    writeFileAtomically(file, `${hex}\n`);
  } catch {
    refuse(`--out: ${printable(file)} cannot be written`);
  }
}

function refuse(message: string): never {
  throw new UsageError([{ message, hint: 'make room, or name another file with --out' }]);
}
