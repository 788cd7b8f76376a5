import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface ChildRun {
  /** From the start of the process to its exit. */
  readonly seconds: number;
  readonly peakMegabytes: number;
  readonly stdout: string;
}

/** Without an .env file: what a developer has in the project's folder must not reach the measured processes. */
const folder = mkdtempSync(path.join(tmpdir(), 'rotate-key-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const preloads = ['tsx', './processes/peak-memory.ts'].flatMap((each) => ['--import', import.meta.resolve(each)]);

/**
 * Runs a script under tsx in a process of its own.
 *
 * @param script - its URL
 * @param signal - ends the process
 * @throws Error where the exit code is not 0, with what it wrote on stderr
 */
export async function runScript(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ChildRun> {
  const { PATH, HOME, TMPDIR } = process.env;
  const start = performance.now();
  const child = spawn(process.execPath, [...preloads, fileURLToPath(script), ...args], {
    cwd: folder,
    env: { PATH, HOME, TMPDIR, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    signal,
  });
  let end = start;
  child.once('exit', () => {
    end = performance.now();
  });
  const output = ['', '', '', ''];
  for (const [index, stream] of child.stdio.entries()) {
    if (!(stream instanceof Readable)) continue;
    stream.setEncoding('utf8').on('data', (text: string) => {
      output[index] += text;
    });
  }
  const [code] = await once(child, 'close');
  const [, stdout = '', stderr = '', peakKilobytes = ''] = output;
  if (code !== 0) throw new Error(`${path.basename(fileURLToPath(script))} ended with ${code}: ${stderr}`);
  return { seconds: (end - start) / 1000, peakMegabytes: Number(peakKilobytes) / 1024, stdout };
}
