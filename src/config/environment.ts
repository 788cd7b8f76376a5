import { parse } from 'dotenv';
import { printable } from '../text/printable.ts';
import { refuse } from '../text/problem.ts';
import { readSmallFile } from './small-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_ENV_FILE = '.env';

/**
 * Adds the variables of the env file to those that are set; a variable that is set wins.
 *
 * @param envFile - null: `.env`, which may be missing
 * @throws UsageError if the file cannot be read
 */
export function withEnvFile(env: Environment, envFile: string | null): Environment {
  const file = readSmallFile(envFile ?? DEFAULT_ENV_FILE);
  if ('bytes' in file) return { ...parse(file.bytes), ...env };
  if (envFile === null && file.reason === 'does not exist') return env;
  const otherwise = envFile === null ? 'run this in a folder without it' : 'leave --env out';
  return refuse(
    `the env file ${printable(envFile ?? DEFAULT_ENV_FILE)} ${file.reason}`,
    `name a readable file of NAME=value lines with --env, or ${otherwise}`,
  );
}

/**
 * Reads a variable, or the file that the variable NAME_FILE names (one newline at the end of the file is dropped).
 *
 * @param hint - what to set it to
 * @throws UsageError if neither or both are set, or the file cannot be read
 */
export function readVariable(env: Environment, name: string, hint: string): string {
  const value = env[name];
  const path = env[`${name}_FILE`];
  if (value !== undefined && path !== undefined) {
    return refuse(`${name} and ${name}_FILE are both set`, 'unset one of them (they may also come from the env file)');
  }
  if (value !== undefined) return value;
  if (path === undefined) return refuse(`${name} is not set`, hint);
  if (path === '') return refuse(`${name}_FILE is empty`, `set it to the path of a file, or set ${name}`);
  const file = readSmallFile(path);
  if ('bytes' in file) return file.bytes.toString('utf8').replace(/\r?\n$/u, '');
  const wanted = `name a readable file that holds the value of ${name} and nothing else`;
  return refuse(`the file that ${name}_FILE names ${file.reason}`, wanted);
}
