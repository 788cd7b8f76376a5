import { parseArgs } from 'node:util';
import { refuse } from '../text/problem.ts';
import type { Command, Given } from './command.ts';
import { COMMANDS, DEFAULT_COMMAND } from './commands.ts';

/** What the command line asks for. */
export type Invocation =
  | { readonly kind: 'help'; readonly command: Command | null }
  | { readonly kind: 'version' }
  | { readonly kind: 'command'; readonly command: Command; readonly given: Given };

const UNSET = 'a shell variable in its place may not be set';
const HINT = '--help lists the commands, COMMAND --help their options';

/**
 * Reads the arguments: an unknown flag and a stray word are refused.
 *
 * @param argv - the arguments, without node and the script
 * @throws UsageError, which quotes no argument that could be a secret in the wrong place
 */
export function parseCommandLine(argv: readonly string[]): Invocation {
  const named = COMMANDS.find(({ name }) => name.split(' ').every((word, index) => word === argv[index]));
  if (argv.some((word) => ['--help', '-h'].includes(word))) return { kind: 'help', command: named ?? null };
  if (argv.some((word) => ['--version', '-V'].includes(word))) return { kind: 'version' };
  if (named === undefined) refuseHalfCommand(argv[0]);
  const command = named ?? DEFAULT_COMMAND;
  const begin = named === undefined ? 0 : named.name.split(' ').length;
  return { kind: 'command', command, given: parseOptions(command, argv.slice(begin), named !== undefined) };
}

function refuseHalfCommand(first: string | undefined): void {
  const seconds = COMMANDS.map(({ name }) => name.split(' ')).flatMap(([word, second]) => (word === first ? (second ?? []) : []));
  if (seconds.length > 0) refuse(`${first} has to be followed by one of: ${seconds.join(', ')}`, HINT);
}

/** @param isNamed - whether the command line names the command */
function parseOptions(command: Command, argv: readonly string[], isNamed: boolean): Given {
  const options = Object.fromEntries(
    command.options.map(({ flag, value }) => [flag, { type: value === null ? ('boolean' as const) : ('string' as const) }]),
  );
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true });
  const values = new Map<string, string[]>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const option = command.options.find(({ flag }) => token.rawName === `--${flag}`);
    if (option === undefined) {
      // Only what looks like a mistyped flag is printed; anything else may be a key.
      const shown = /^--?[a-z][a-z-]{0,29}$/u.test(token.rawName) ? `${token.rawName} ` : '';
      return refuse(`unknown option ${shown}for ${command.name}`, HINT);
    }
    if (option.value === null && token.value !== undefined) return refuse(`--${option.flag} takes no value`, HINT);
    if (option.value !== null && (token.value === undefined || (!token.inlineValue && token.value.startsWith('--')))) {
      return refuse(`option --${option.flag} needs a value`, HINT);
    }
    if (token.value === '') return refuse(`the value of --${option.flag} is empty`, UNSET);
    values.set(option.flag, [...(values.get(option.flag) ?? []), token.value ?? '']);
  }
  const args = words.splice(0, mostArguments(command));
  if (args.length === 0 && command.argument !== null && command.argument.times !== 'at most once') {
    const { name, help } = command.argument;
    return refuse(`${command.name} needs a ${name}`, `${command.name} ${name}, ${help}`);
  }
  if (args.includes('')) refuse(`${command.name}: the argument ${command.argument?.name} is empty`, UNSET);
  if (words.length > 0) refuseWord(words, isNamed);
  return {
    has: (flag) => values.has(flag),
    value: (flag) => values.get(flag)?.at(-1) ?? null,
    values: (flag) => values.get(flag) ?? [],
    argument: args[0] ?? '',
    arguments: args,
  };
}

function mostArguments({ argument }: Command): number {
  if (argument === null) return 0;
  return argument.times === 'at least once' ? Number.POSITIVE_INFINITY : 1;
}

function refuseWord(words: readonly string[], isNamed: boolean): never {
  const late = words.find((word) => COMMANDS.some(({ name }) => name.split(' ')[0] === word));
  if (late !== undefined) refuse(`the command ${late} has to come first`, `${late}, then its options; ${HINT}`);
  const stray = words.find((word) => /^[a-z][a-z-]{0,19}$/u.test(word) && !/^[0-9a-f]+$/u.test(word));
  const what = isNamed ? 'unexpected word' : 'unknown command';
  const message = stray === undefined ? 'unexpected word on the command line' : `${what} ${stray}`;
  return refuse(message, `put a value that has spaces in quotes; set keys and urls in the environment; ${HINT}`);
}
