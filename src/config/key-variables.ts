import type { KeyContext } from '../keys/key-source.ts';
import { allOf, refuse } from '../text/problem.ts';
import { type Environment, readVariable } from './environment.ts';
import { readMilliseconds } from './milliseconds.ts';

/** What a person calls a key of the two-key form, after the variable that holds it. */
export type KeyName = 'old' | 'new';

export const LIST = 'ENCRYPTION_KEYS';
export const KEY_VARIABLE: Readonly<Record<KeyName, string>> = { old: 'OLD_ENCRYPTION_KEY', new: 'NEW_ENCRYPTION_KEY' };

/** How long a source of keys may take, unless KEY_TIMEOUT_MS says otherwise. */
const TIMEOUT_MS = 10_000;

/**
 * Says in which form the keys are given: as one list, or as two variables.
 *
 * @throws UsageError if both are used
 */
export function keyForm(env: Environment): 'list' | 'pair' {
  const list = namesSet(env, LIST);
  const pair = Object.values(KEY_VARIABLE).flatMap((variable) => namesSet(env, variable));
  if (list[0] !== undefined && pair[0] !== undefined) {
    return refuse(`${list[0]} and ${pair[0]} are both set`, `use one form: unset ${pair.join(' and ')}, or unset ${list[0]}`);
  }
  return list.length > 0 ? 'list' : 'pair';
}

/** @returns whether NAME, NAME_FILE or NAME_COMMAND is set */
export function isSet(env: Environment, variable: string): boolean {
  return namesSet(env, variable).length > 0;
}

/** @returns what holds the value of a variable that is set, to be the beginning of a sentence */
export function holderOf(env: Environment, variable: string): string {
  const [name = variable] = namesSet(env, variable);
  if (name.endsWith('_FILE')) return `the file that ${name} names`;
  return name.endsWith('_COMMAND') ? `the output of ${name}` : name;
}

/** @returns how the text of a variable is given: `text` in the variable itself, `file` or `command` */
export function mediumOf(env: Environment, variable: string): 'text' | 'file' | 'command' {
  const [name = variable] = namesSet(env, variable);
  if (name.endsWith('_FILE')) return 'file';
  return name.endsWith('_COMMAND') ? 'command' : 'text';
}

/** @returns which of NAME, NAME_FILE and NAME_COMMAND are set */
function namesSet(env: Environment, variable: string): string[] {
  return ['', '_FILE', '_COMMAND'].map((suffix) => variable + suffix).filter((name) => env[name] !== undefined);
}

/**
 * Reads what NAME holds, or the file that NAME_FILE names, or what the command of NAME_COMMAND prints.
 *
 * @param hint - what to set it to
 * @throws UsageError, which never quotes the text; the reason of the interruption
 */
export async function readKeyVariable(variable: string, hint: string, context: KeyContext): Promise<string> {
  const [one, other] = namesSet(context.env, variable);
  if (one !== undefined && other !== undefined) {
    return refuse(`${one} and ${other} are both set`, 'unset one of them (they may also come from the env file)');
  }
  if (one !== `${variable}_COMMAND`) return context.read(variable, hint);
  const { outputOfCommand } = await import('../keys/command.ts');
  return outputOfCommand(context.env[one] ?? '', one, context);
}

/**
 * Gives `work` what the sources of keys need. If KEY_TIMEOUT_MS is wrong, the default holds, so that all problems are reported at once.
 *
 * @throws UsageError with the problems of both; whatever else `work` throws
 */
export async function withKeyContext<T>(
  env: Environment,
  interruption: AbortSignal,
  work: (context: KeyContext) => Promise<T>,
): Promise<T> {
  const limit = readMilliseconds(env, 'KEY_TIMEOUT_MS', TIMEOUT_MS);
  const timeoutMs = await limit.catch(() => TIMEOUT_MS);
  const read = (name: string, hint: string) => readVariable(env, name, hint);
  const [result] = await allOf([work({ env, read, timeoutMs, interruption }), limit]);
  return result;
}
