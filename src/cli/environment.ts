import { readFileSync, statSync } from 'node:fs';
import { parse } from 'dotenv';
import { printable } from './printable.ts';
import { type Problem, UsageError } from './usage-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_ENV_FILE = '.env';
/** Keys, urls and env files are far shorter; what is longer is the wrong file. */
const MAX_FILE_BYTES = 64 * 1024;

/**
 * Adds the variables of the env file to those that are set; a variable that is set wins.
 *
 * @param envFile - undefined: `.env`, where a missing one is no error
 * @throws UsageError where the file cannot be read
 */
export function withEnvFile(env: Environment, envFile: string | undefined): Environment {
  const text = readSmallFile(envFile ?? DEFAULT_ENV_FILE);
  if (typeof text === 'string') return { ...parse(text), ...env };
  if (envFile === undefined && text.reason === 'does not exist') return env;
  const hint = 'name a readable file of NAME=value lines, or leave --env-file out';
  throw new UsageError([{ message: `the env file ${printable(envFile ?? DEFAULT_ENV_FILE)} ${text.reason}`, hint }]);
}

/**
 * Reads a variable, or the file that the same variable with `_FILE` at its end names (one newline at the end of the file is dropped).
 *
 * @returns the value, or what is wrong with the variable
 */
export function readVariable(env: Environment, name: string, hint: string): string | Problem {
  const value = env[name];
  const file = env[`${name}_FILE`];
  if (value !== undefined && file !== undefined) {
    return { message: `${name} and ${name}_FILE are both set`, hint: `unset one of them (they may also come from the env file)` };
  }
  if (value !== undefined) return value;
  if (file === undefined) return { message: `${name} is not set`, hint };
  if (file === '') return { message: `${name}_FILE is empty`, hint: `set it to the path of a file, or set ${name}` };
  const text = readSmallFile(file);
  if (typeof text === 'string') return text.replace(/\r?\n$/u, '');
  return {
    message: `the file that ${name}_FILE names ${text.reason}`,
    hint: `name a readable file that holds the value of ${name} and nothing else`,
  };
}

/** Reads regular files only: a FIFO or a device could block for ever or never end. */
function readSmallFile(file: string): string | { reason: string } {
  try {
    const stats = statSync(file);
    if (stats.isDirectory()) return { reason: 'is a directory' };
    if (!stats.isFile()) return { reason: 'is not a regular file' };
    if (stats.size > MAX_FILE_BYTES) return { reason: `is larger than ${MAX_FILE_BYTES} bytes` };
    return readFileSync(file, 'utf8');
  } catch (error) {
    return { reason: fileProblem(error) };
  }
}

function fileProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by this user';
    default:
      return `cannot be read${typeof code === 'string' && code !== '' ? ` (${code})` : ''}`;
  }
}
