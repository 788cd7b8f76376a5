import { randomBytes } from 'node:crypto';
import { importEncryptionKey } from '../../crypto/encryption-key.ts';
import { EXIT, type ExitCode } from '../../report/exit-code.ts';
import { createFile, newFileProblem, notCreated } from '../../terminal/new-file.ts';
import { createOutput } from '../../terminal/output.ts';
import { refuse, UsageError } from '../../text/problem.ts';
import type { Given, Host } from '../command.ts';

/**
 * Makes an encryption key: 32 bytes from the system's random source, as 64 hex characters; with --in, a reference to a key that a KMS
 * made and wrapped.
 *
 * @throws UsageError if the key cannot be made or written; the reason of the interruption
 */
export async function runGenerateKey(given: Given, host: Host): Promise<ExitCode> {
  const file = given.value('out');
  const output = createOutput(host, false);
  const problem = file === null ? null : newFileProblem('--out', file);
  if (problem !== null) throw new UsageError([problem]);
  const { text, lines } = await makeKey(given, host);
  if (file === null)
    await output.resultWritten(text).catch(() => refuse('the key cannot be written to stdout', 'name a file with --out'));
  else writeKey(file, text);
  if (file === null && host.stderr.isTTY !== true && !given.has('in')) return EXIT.done;
  for (const line of lines) output.say(line);
  return EXIT.done;
}

/** @returns what is written, and what is said of it */
async function makeKey(given: Given, host: Host): Promise<{ readonly text: string; readonly lines: readonly string[] }> {
  const place = given.value('in');
  if (place === null) {
    if (given.has('env'))
      refuse('--env is of use only with --in', 'leave it out: a key that the tool makes itself needs no variables');
    const hex = randomBytes(32).toString('hex');
    const lines = [
      `a new encryption key, fingerprint ${importEncryptionKey(hex).fingerprint}`,
      'save it in your secret store, then rotate to it: docs/runbook.md, or docs/zero-downtime.md if nothing may stop',
    ];
    return { text: hex, lines };
  }
  const { wrapKeyIn } = await import('./wrapped-key.ts');
  return wrapKeyIn(place, given.value('env'), host);
}

function writeKey(file: string, text: string): void {
  try {
    createFile(file, `${text}\n`);
  } catch (error) {
    throw new UsageError([notCreated('--out', file, error)]);
  }
}
