import { stripVTControlCharacters } from 'node:util';

const NO_BREAK_SPACE = '\u00a0';

/** @returns a command that `wrap` keeps in one line, so that it can be copied */
export function unbroken(command: string): string {
  return command.replaceAll(' ', NO_BREAK_SPACE);
}

/** @returns the text with plain spaces in its commands */
export function plain(text: string): string {
  return text.replaceAll(NO_BREAK_SPACE, ' ');
}

/**
 * Breaks a line between its words, for a terminal. By hand, since the libraries that do it take longer to load than the rest of `--help`.
 *
 * @param indent - of the lines that follow the first, in columns
 * @param columns - the width of the terminal; undefined or 0 if unknown: the line stays as it is
 */
export function wrap(line: string, indent: number, columns: number | undefined): string {
  if (columns === undefined || columns === 0) return plain(line);
  const text = line.trimStart();
  const [first = '', ...words] = text.split(' ');
  const lines: string[] = [];
  let current = ' '.repeat(line.length - text.length) + first;
  for (const word of words) {
    if (stripVTControlCharacters(`${current} ${word}`).length <= columns) {
      current += ` ${word}`;
    } else {
      lines.push(current.trimEnd());
      current = ' '.repeat(indent) + word;
    }
  }
  return plain([...lines, current].join('\n'));
}
