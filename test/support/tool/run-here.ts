import process from 'node:process';
import { PassThrough, Readable } from 'node:stream';
import type { EncryptedField } from '../../../src/database/encrypted-field.ts';
import { main } from '../../../src/main.ts';
import { defaultField } from '../table/default-field.ts';
import { expectNoSecret } from './known-secrets.ts';
import { type ToolEnv, type ToolRun, workFolder } from './run-tool.ts';

/**
 * Runs the tool in this process: the same from the arguments to the exit code, without what it takes to start a process.
 *
 * @param isTTY - whether its streams are a terminal
 * @param encryptedFields - as prisma/schema.prisma describes them
 * @param interruption - aborted when a signal would reach the process
 * @param stdin - what comes on it
 */
export async function runHere(
  args: readonly string[],
  env: ToolEnv = {},
  isTTY = false,
  encryptedFields: readonly EncryptedField[] = [defaultField],
  interruption = new AbortController().signal,
  stdin = Readable.from([]),
): Promise<ToolRun> {
  // As run-tool.ts does, and for the same reason: no .env file of a developer's is there.
  process.chdir(workFolder);
  const [stdout, stderr] = [openStream(isTTY), openStream(isTTY)];
  const streams = { stdin: () => stdin, stdout: stdout.stream, stderr: stderr.stream };
  const code = await main({ argv: args, env, encryptedFields, ...streams, interruption });
  const run = { code, signal: null, stdout: stdout.text(), stderr: stderr.text() };
  expectNoSecret(run.stdout + run.stderr);
  return run;
}

function openStream(isTTY: boolean) {
  const chunks: Buffer[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString() };
}
