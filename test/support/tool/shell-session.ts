import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** A shell into which an operator pastes one block after another. */
export interface ShellSession {
  /**
   * @param answers - what is typed meanwhile, a line each
   * @returns everything that the block prints, once it has ended
   * @throws Error if the block ends the shell
   */
  paste(block: string, ...answers: readonly string[]): Promise<string>;
  end(): Promise<void>;
}

const END = '=== end of block ===';
/** Blocks come through a channel of their own, so that they can read what is typed. */
const LOOP = `exec 2>&1; while IFS= read -r -d '' block <&3; do eval "$block"; echo '${END}'; done`;

/** Starts a shell that stops at the first command that fails. */
export function openShell(cwd: string, env: Readonly<Record<string, string | undefined>>): ShellSession {
  const shell = spawn('bash', ['--norc', '-euo', 'pipefail', '-c', LOOP], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
  });
  const [typed, printed, , blocks] = shell.stdio as unknown as readonly [Writable, Readable, null, Writable];
  const closed = once(shell, 'close');
  let output = '';
  return {
    async paste(block, ...answers) {
      output = '';
      blocks.write(`${block}\0`);
      for (const answer of answers) typed.write(`${answer}\n`);
      const ended = closed.then(([code]) => {
        throw new Error(`the shell ended with exit code ${code}, after\n${output}`);
      });
      const atEnd = new Promise<string>((resolve) => {
        printed.on('data', function take(text: Buffer) {
          output += text.toString();
          if (!output.endsWith(`${END}\n`)) return;
          printed.off('data', take);
          resolve(output.slice(0, -END.length - 1));
        });
      });
      return Promise.race([atEnd, ended]);
    },
    async end() {
      blocks.end();
      typed.end();
      await closed;
    },
  };
}
