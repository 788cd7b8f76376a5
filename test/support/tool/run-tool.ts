import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';
import { expectNoSecret } from './known-secrets.ts';

export interface ToolRun {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningTool {
  readonly child: ChildProcess;
  /** Resolves when it has ended; fails if it printed a secret. */
  readonly end: Promise<ToolRun>;
}

export type ToolEnv = Readonly<Record<string, string | undefined>>;

const root = path.resolve(import.meta.dirname, '..', '..', '..');
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
/** Without an .env file: what a developer has in the project's folder must not reach the tests. */
const folder = mkdtempSync(path.join(tmpdir(), 'rotate-key-test-'));
const removeFolder = () => rmSync(folder, { recursive: true, force: true });
afterAll(removeFolder);
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  removeFolder();
});

export const workFolder = folder;

/**
 * Starts the script as a child process, in an empty folder, with nothing in its environment but `env`.
 *
 * @param wrapper - a command that runs another, and its arguments
 * @param project - the folder of the tool, if it is a copy
 */
export function startTool(
  args: readonly string[],
  env: ToolEnv = {},
  stdio: StdioOptions = ['ignore', 'pipe', 'pipe'],
  wrapper: readonly string[] = [],
  project: string = root,
): RunningTool {
  const { PATH, HOME } = process.env;
  const script = path.join(project, 'scripts', 'rotate-encryption-key.ts');
  const [command = '', ...rest] = [...wrapper, process.execPath, '--import', tsx, script, ...args];
  const child = spawn(command, rest, {
    cwd: folder,
    env: { PATH, HOME, ...env },
    stdio,
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return { child, end: collect(child) };
}

/** The same, to its end. */
export function runTool(args: readonly string[], env: ToolEnv = {}): Promise<ToolRun> {
  return startTool(args, env).end;
}

async function collect(child: ChildProcess): Promise<ToolRun> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (text: Buffer) => {
    stdout += text.toString();
  });
  child.stderr?.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  const [code, signal] = await once(child, 'close');
  expectNoSecret(stdout + stderr);
  return { code, signal, stdout, stderr };
}
