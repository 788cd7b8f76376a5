// The rules of the output. Only results go to stdout. Everything else goes to stderr, each line after one prefix, in lower case,
// without a full stop. An error is followed by a hint: what to type or look at next. Whatever comes from outside
// (ids, messages of the database, arguments) is made printable; in errors and warnings, what looks like a key or a password is masked.
// A stream that breaks (a closed pipe, a full disk) never stops a rotation.
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { maskSecrets } from '../text/mask-secrets.ts';
import { printable } from '../text/printable.ts';
import type { Problem } from '../text/problem.ts';
import { wrap } from '../text/wrap.ts';

const PREFIX = 'rotate-encryption-key:';

export interface OutputStream extends Writable {
  readonly isTTY?: boolean;
  /** The width of the terminal. */
  readonly columns?: number;
}

export interface Output {
  /** Text for stdout, printed as it is: the caller passes outside text through `printable`. */
  result(text: string): void;
  /** The same, for text that must arrive. Rejects if it does not. */
  resultWritten(text: string): Promise<void>;
  /** One line for stderr, unless `--quiet`. */
  say(line: string): void;
  warn(line: string): void;
  error(problem: Problem): void;
}

/** Where it goes, as the process has it. */
export interface Streams {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** Whether the text may be colored: on a terminal, unless NO_COLOR is set (https://no-color.org). */
export function useColor({ env, stdout, stderr }: Streams): boolean {
  return (env['NO_COLOR'] ?? '') === '' && stdout.isTTY === true && stderr.isTTY === true;
}

export function createOutput(streams: Streams, quiet: boolean): Output {
  const { stdout, stderr } = streams;
  const color = useColor(streams);
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
