import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The first signal ends the measured process, then drops the databases; Node's own handling of the second one ends the bench. */
const interruption = new AbortController();
for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interruption.abort(new Error(`stopped by ${name}`)));
}

const imports = ['tsx', './processes/peak-memory.ts'].flatMap((each) => ['--import', import.meta.resolve(each)]);

/**
 * Runs a script of this project in a Node process of its own, in an empty folder that is removed afterwards: an .env file that a
 * developer has in the project's folder must not reach it.
 *
 * @param script - relative to this folder
 * @returns the seconds from the start of the process to its exit, its highest resident memory, and what it wrote to stdout
 * @throws Error with what the process wrote to stderr if its exit code is not 0, or if a signal stopped the bench
 */
export async function runScript(script: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const { PATH, HOME, TMPDIR } = process.env;
  const folder = mkdtempSync(path.join(tmpdir(), 'rotate-key-bench-'));
  const start = performance.now();
  const child = spawn(process.execPath, [...imports, fileURLToPath(import.meta.resolve(script)), ...args], {
    cwd: folder,
    env: { PATH, HOME, TMPDIR, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    signal: interruption.signal,
  });
  const exit = once(child, 'exit').then(() => performance.now());
  const output = child.stdio.map((stream) => (stream instanceof Readable ? text(stream) : ''));
  const ended = Promise.all([exit, Promise.all(output)]).finally(() => rmSync(folder, { recursive: true, force: true }));
  const [end, [, stdout = '', stderr = '', peakKilobytes = '']] = await ended;
  if (child.exitCode !== 0) throw new Error(`${script} ended with exit code ${child.exitCode}: ${stderr}`);
  return { seconds: (end - start) / 1000, peakMegabytes: Number(peakKilobytes) / 1024, stdout };
}
