/** A shell block of a document whose info string says that it can be run as it stands: `sh runnable`, then tags. */
export interface RunnableBlock {
  /** The line of the document on which it begins. */
  readonly line: number;
  readonly tags: readonly string[];
  readonly code: string;
  /** The lines of the `text` block that follows it; empty if none does. */
  readonly expected: readonly string[];
}

/** @returns the runnable blocks of a Markdown text, in their order */
export function readRunnableBlocks(text: string): RunnableBlock[] {
  const fences = /^```sh runnable(?<tags>.*)\n(?<code>(?:.*\n)*?)```\n(?:\n```text\n(?<expected>(?:.*\n)*?)```\n)?/gmu;
  return [...text.matchAll(fences)].map(({ index, groups }) => ({
    line: text.slice(0, index).split('\n').length,
    tags: words(groups?.['tags']),
    code: groups?.['code'] ?? '',
    expected: (groups?.['expected'] ?? '').split('\n').filter((line) => line !== ''),
  }));
}

function words(text = ''): string[] {
  return text.split(' ').filter((word) => word !== '');
}

/**
 * Looks for the expected lines in an output, in their order; other lines may stand between them. In an expected line `…`
 * stands for any text.
 *
 * @returns the first line that is missing; null if none is
 */
export function unmatchedLine(expected: readonly string[], output: string): string | null {
  const lines = output.split('\n').map((line) => line.trimEnd());
  let from = 0;
  for (const line of expected) {
    const pattern = new RegExp(`^${line.split('…').map(escapeRegExp).join('.*')}$`, 'u');
    const at = lines.findIndex((each, index) => index >= from && pattern.test(each));
    if (at === -1) return line;
    from = at + 1;
  }
  return null;
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}
