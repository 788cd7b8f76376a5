import type { ChildProcess } from 'node:child_process';

/** Resolves when the tool has printed a line on stderr that matches, for the n-th time; also when it has ended before. */
export function lineSeen({ child }: { readonly child: ChildProcess }, pattern: RegExp, times = 1): Promise<void> {
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
