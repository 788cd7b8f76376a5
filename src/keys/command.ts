import { printable } from '../text/printable.ts';
import { refuse } from '../text/problem.ts';
import type { KeyContext } from './key-source.ts';
import { refuseIfStreamsArePrinted } from './node-debug.ts';
import { hasTerminal, runProgram } from './run-program.ts';
import { withinLimit } from './within-limit.ts';

const FORM =
  'set it to a JSON array of a program and its arguments, such as ["age", "-d", "-i", "/etc/age.txt", "/etc/keys.age"]';
/** Variables that hold keys, or lead to the database: none of a command's business. */
const OURS = /^((OLD_|NEW_)?ENCRYPTION_KEYS?|DATABASE_URL)(_FILE|_COMMAND)?$|^(DATABASE_|PG[A-Z])/u;

/**
 * Runs the command that a variable holds, without a shell, and returns what it prints, without the newline at its end.
 *
 * Its arguments and its output may be secret, and are in no message. What it says on stderr is shown as it is.
 *
 * @param json - an array of the program and its arguments
 * @param variable - its name, for messages
 * @throws UsageError; the reason of the interruption
 */
export async function outputOfCommand(json: string, variable: string, context: KeyContext): Promise<string> {
  const [program = '', ...args] = parseCommand(json) ?? refuse(`${variable} is not a JSON array of strings`, FORM);
  if (program === '') return refuse(`${variable} names no program`, FORM);
  const { NODE_DEBUG = '' } = context.env;
  if (/child_process|\*/iu.test(NODE_DEBUG)) {
    return refuse(
      `${variable} is not run while NODE_DEBUG makes Node print the arguments and the variables of every program`,
      'unset NODE_DEBUG',
    );
  }
  refuseIfStreamsArePrinted(variable, context);
  const env = Object.fromEntries(Object.entries(context.env).filter(([name]) => !OURS.test(name)));
  const name = printable(program);
  const late = (seconds: number) => ({
    message: `${variable}: ${name}, or a program that it started, was still running after ${seconds} s; its process group was killed`,
    hint: 'run it by hand to see what it waits for, or set KEY_TIMEOUT_MS to give it more time',
  });
  const end = await inTurn(() => withinLimit(context, late, (signal) => runProgram(program, args, env, signal)));
  const lookAbove = 'see its stderr above, if there is any, or run it by hand';
  switch (end.kind) {
    case 'printed':
      return end.text === '' ? refuse(`${variable}: ${name} printed nothing`, 'it has to print the key to stdout') : end.text;
    case 'too-much':
      return refuse(`${variable}: ${name} printed more than ${end.limit} bytes`, 'it has to print the key and nothing else');
    case 'failed':
      return refuse(`${variable}: ${name} exited with code ${end.code}`, lookAbove);
    case 'killed':
      return refuse(`${variable}: ${name} was killed by ${end.signal}`, lookAbove);
    case 'not-started':
      return refuse(
        `${variable}: ${name} cannot be run (${end.code})`,
        'check that it is installed, executable and in the PATH, or give its full path',
      );
    default:
      return end satisfies never;
  }
}

/** The command that has the terminal, if there is one. */
let earlier: Promise<unknown> = Promise.resolve();

/** On a terminal one command at a time may ask for its PIN; otherwise all run at once. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (!hasTerminal()) return work();
  const turn = earlier.then(work, work);
  earlier = turn;
  return turn;
}

function parseCommand(json: string): readonly string[] | null {
  try {
    const parsed: unknown = JSON.parse(json);
    const isCommand = Array.isArray(parsed) && parsed.every((word) => typeof word === 'string' && !word.includes('\0'));
    return isCommand ? parsed : null;
  } catch {
    return null;
  }
}
