import { randomBytes } from 'node:crypto';
import { importEncryptionKey } from '../../crypto/encryption-key.ts';
import { EXIT, type ExitCode } from '../../report/exit-code.ts';
import { createFile, newFileProblem } from '../../terminal/new-file.ts';
import { createOutput } from '../../terminal/output.ts';
import { printable } from '../../text/printable.ts';
import { refuse, UsageError } from '../../text/problem.ts';
import type { Given, Host } from '../command.ts';

/**
 * Makes an encryption key: 32 bytes from the system's random source, as 64 hex characters.
 *
 * @throws UsageError if the key cannot be written
 */
export async function runGenerateKey(given: Given, host: Host): Promise<ExitCode> {
  const file = given.value('out');
  const output = createOutput(host, false);
  const hex = randomBytes(32).toString('hex');
  if (file === null) await output.resultWritten(hex).catch(() => cannotWrite('the key cannot be written to stdout'));
  else writeKey(file, hex);
  if (file === null && host.stderr.isTTY !== true) return EXIT.done;
  output.say(`a new encryption key, fingerprint ${importEncryptionKey(hex).fingerprint}`);
  output.say('save it in your secret store, rotate with it as NEW_ENCRYPTION_KEY, then give it to the services');
  return EXIT.done;
}

function writeKey(file: string, hex: string): void {
  const problem = newFileProblem('--out', file);
  if (problem !== null) throw new UsageError([problem]);
  try {
    createFile(file, `${hex}\n`);
  } catch {
    cannotWrite(`--out: ${printable(file)} cannot be written`);
  }
}

function cannotWrite(message: string): never {
  return refuse(message, 'free some disk space, or name another file with --out');
}
