import type { ChildProcess } from 'node:child_process';
import type { SeededRandom } from '../vitest/random.ts';

interface Tool {
  readonly child: ChildProcess;
}

/** Resolves when the tool has printed a line on stderr that matches, for the n-th time; also when it has ended before. */
export function lineSeen({ child }: Tool, pattern: RegExp, times = 1): Promise<void> {
  return new Promise((resolve) => {
    let left = times;
    let rest = '';
    child.once('close', () => resolve());
    child.stderr?.on('data', (text: Buffer) => {
      const lines = (rest + text.toString()).split('\n');
      rest = lines.pop() ?? '';
      left -= lines.filter((line) => pattern.test(line)).length;
      if (left <= 0) resolve();
    });
  });
}

/** A random moment of a rotation with `--verbose`. Mostly after some more rows; now and then in another phase. Once nothing is left to kill, the run has ended by itself. */
export async function momentToKill(tool: Tool, random: SeededRandom): Promise<void> {
  const rows = 1 + random.below(15);
  switch (random.below(10)) {
    case 0:
      return lineSeen(tool, /./u);
    case 1:
      return lineSeen(tool, /preflight: /u);
    case 2:
      return lineSeen(tool, /verify: /u);
    default:
      return lineSeen(tool, /Rotated key /u, rows);
  }
}
