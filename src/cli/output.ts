// The law of the output. Results go to stdout, and nothing else does. All talk goes to stderr, each line behind one prefix, in lower
// case, without a full stop. An error is followed by a hint: what to type or look at next. Whatever comes from outside
// (ids, messages of the database, arguments) is made printable; in errors and warnings, what looks like a key or a password is masked.
// A stream that breaks (a closed pipe, a full disk) never stops a rotation.
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { maskSecrets } from '../database/mask-secrets.ts';
import { printable } from './printable.ts';
import type { Problem } from './usage-error.ts';
import { wrap } from './wrap.ts';

const PREFIX = 'rotate-encryption-key:';

export interface OutputStream extends Writable {
  readonly isTTY?: boolean;
  /** The width of the terminal. */
  readonly columns?: number;
}

export interface Output {
  /** Text for stdout, printed as it is: the caller passes what is foreign through `printable`. */
  result(text: string): void;
  /** The same, where the text is worth nothing unless it arrives. Rejects where it does not. */
  resultWritten(text: string): Promise<void>;
  /** One line for stderr, unless `--quiet`. */
  say(line: string): void;
  warn(line: string): void;
  error(problem: Problem): void;
}

export interface OutputOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly color: boolean;
  readonly quiet: boolean;
}

export function createOutput({ stdout, stderr, color, quiet }: OutputOptions): Output {
  const style = (format: 'red' | 'yellow' | 'dim', text: string) => (color ? styleText(format, text) : text);
  const talk = (label: string, line: string) =>
    stderr.write(`${wrap(`${PREFIX} ${label}${printable(line)}`, 2, stderr.columns)}\n`);
  return {
    result: (text) => stdout.write(`${text}\n`),
    resultWritten: (text) =>
      new Promise((resolve, reject) => {
        stdout.write(`${text}\n`, (error) => (error ? reject(error) : resolve()));
      }),
    say: (line) => {
      if (!quiet) talk('', line);
    },
    warn: (line) => talk(`${style('yellow', 'warning:')} `, maskSecrets(line)),
    error: ({ message, hint }) => {
      talk(`${style('red', 'error:')} `, maskSecrets(message));
      talk(`${style('dim', 'hint:')} `, hint);
    },
  };
}
