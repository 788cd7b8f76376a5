import { type ChildProcess, spawn } from 'node:child_process';
import { kill } from 'node:process';
import { isatty } from 'node:tty';

/** How a program ended. */
export type ProgramEnd =
  | { readonly kind: 'printed'; readonly text: string }
  | { readonly kind: 'too-much'; readonly limit: number }
  | { readonly kind: 'failed'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'not-started'; readonly code: string };

const MOST_BYTES = 4096;
const STDIN = 0;
/** How long a program that is told to end may take to put the terminal in order, which a PIN entry changes. */
const GRACE_MS = 500;

/** Whether somebody may be there to type a PIN. */
export function hasTerminal(): boolean {
  return isatty(STDIN);
}

/**
 * Runs a program in a process group of its own (in Node that is a session of its own, which has no /dev/tty), to its end and to that of its output, which something that it started may hold open.
 *
 * It gets the terminal as its stdin, for a PIN, if there is one, and nothing otherwise: it would wait for a pipe for ever.
 *
 * @param signal - aborting it ends the whole group; the promise then no longer matters
 */
export function runProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const child = start(program, args, env);
    if ('kind' in child) return resolve(child);
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = () => endGroup(child);
    signal.addEventListener('abort', end, { once: true });
    const settle = (how: ProgramEnd) => {
      signal.removeEventListener('abort', end);
      resolve(how);
      for (const chunk of chunks) chunk.fill(0);
    };
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= MOST_BYTES) return;
      end();
      settle({ kind: 'too-much', limit: MOST_BYTES });
    });
    child.once('error', (error) => settle(notStarted(error)));
    child.once('close', (code, killedBy) => {
      if (killedBy !== null) settle({ kind: 'killed', signal: killedBy });
      else if (code !== 0) settle({ kind: 'failed', code: code ?? 0 });
      else settle({ kind: 'printed', text: textOf(chunks) });
    });
  });
}

function start(program: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>) {
  try {
    return spawn(program, args, {
      ...{ env, shell: false, detached: true },
      stdio: [hasTerminal() ? 'inherit' : 'ignore', 'pipe', 'inherit'],
    });
  } catch (error) {
    // Most errors are events; arguments that are too long, for one, are not.
    return notStarted(error);
  }
}

/** The message of the error would show the arguments. */
function notStarted(error: unknown): ProgramEnd {
  return { kind: 'not-started', code: error instanceof Error && 'code' in error ? String(error.code) : 'unknown error' };
}

function textOf(chunks: readonly Buffer[]): string {
  const all = Buffer.concat(chunks);
  const text = all.toString('utf8').replace(/\r?\n$/u, '');
  all.fill(0);
  return text;
}

/** Ends a program and what it has started, and stops listening to it. */
function endGroup(child: ChildProcess): void {
  child.stdout?.destroy();
  signalGroup(child, 'SIGTERM');
  setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS);
}

/** The group outlives its first process, so this works for what a program has left behind as well. */
function signalGroup({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    kill(-pid, signal);
  } catch {
    // All of it is gone.
  }
}
