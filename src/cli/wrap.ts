import { stripVTControlCharacters } from 'node:util';
import { SCRIPT } from './help.ts';

/**
 * Breaks a line between its words, for a terminal. A command at its end stays whole, so that it can be copied.
 * By hand, since the libraries that do it take longer to load than the rest of `--help`.
 *
 * @param indent - of the lines that follow the first, in columns
 * @param columns - the width of the terminal; undefined, or 0, where none is known: the line stays as it is
 */
export function wrap(line: string, indent: number, columns: number | undefined): string {
  if (columns === undefined || columns === 0) return line;
  const text = line.trimStart();
  const [first = '', ...words] = split(text);
  const lines: string[] = [];
  let current = ' '.repeat(line.length - text.length) + first;
  for (const word of words) {
    if (widthOf(`${current} ${word}`) <= columns) {
      current += ` ${word}`;
    } else {
      lines.push(current.trimEnd());
      current = ' '.repeat(indent) + word;
    }
  }
  return [...lines, current].join('\n');
}

function split(text: string): string[] {
  const command = text.indexOf(SCRIPT);
  return command <= 0 ? text.split(' ') : [...text.slice(0, command - 1).split(' '), text.slice(command)];
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}
