import wrapAnsi from 'wrap-ansi';
import { SCRIPT } from './help.ts';

/** In place of a space at which no line may be broken. */
const NO_BREAK = '\u00a0';

/**
 * Breaks a line between its words, for a terminal. A command at its end stays whole, so that it can be copied.
 *
 * @param indent - of the lines that follow the first, in columns
 * @param columns - the width of the terminal; undefined, or 0, where none is known: the line stays as it is
 */
export function wrap(line: string, indent: number, columns: number | undefined): string {
  if (columns === undefined || columns === 0) return line;
  const begin = line.search(/[^ ]|$/u);
  const command = line.indexOf(SCRIPT);
  const glued = command === -1 ? line : line.slice(0, command) + line.slice(command).replaceAll(' ', NO_BREAK);
  const wrapped = wrapAnsi(glued.slice(begin), Math.max(1, columns - Math.max(begin, indent)));
  return `${' '.repeat(begin)}${wrapped.replaceAll('\n', `\n${' '.repeat(indent)}`).replaceAll(NO_BREAK, ' ')}`;
}
