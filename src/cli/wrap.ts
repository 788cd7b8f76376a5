import { stripVTControlCharacters } from 'node:util';
import { SCRIPT } from './help.ts';

/**
 * Breaks a line between its words, for a terminal. A command in it stays whole, so that it can be copied.
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

/** The words, of which a command is one; it ends with the line or at a semicolon. */
function split(text: string): string[] {
  const begin = text.indexOf(SCRIPT);
  if (begin <= 0) return text.split(' ');
  const end = text.indexOf(';', begin) + 1 || text.length;
  const behind = text.slice(end + 1);
  return [...text.slice(0, begin - 1).split(' '), text.slice(begin, end), ...(behind === '' ? [] : split(behind))];
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}
