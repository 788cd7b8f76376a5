import { readFileSync, statSync } from 'node:fs';
import { parse } from 'dotenv';
import { printable } from '../text/printable.ts';
import { refuse } from '../text/problem.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_ENV_FILE = '.env';
/** Keys, urls and env files are far shorter; a longer file is the wrong one. */
const MAX_FILE_BYTES = 64 * 1024;

/**
 * Adds the variables of the env file to those that are set; a variable that is set wins.
 *
 * @param envFile - null: `.env`, which may be missing
 * @throws UsageError if the file cannot be read
 */
export function withEnvFile(env: Environment, envFile: string | null): Environment {
  const text = readSmallFile(envFile ?? DEFAULT_ENV_FILE);
  if (typeof text === 'string') return { ...parse(text), ...env };
  if (envFile === null && text.reason === 'does not exist') return env;
  const hint = 'name a readable file of NAME=value lines, or leave --env out';
  return refuse(`the env file ${printable(envFile ?? DEFAULT_ENV_FILE)} ${text.reason}`, hint);
}

/**
 * Reads a variable, or the file that the variable NAME_FILE names (one newline at the end of the file is dropped).
 *
 * @param hint - what to set it to
 * @throws UsageError if neither or both are set, or the file cannot be read
 */
export function readVariable(env: Environment, name: string, hint: string): string {
  const value = env[name];
  const file = env[`${name}_FILE`];
  if (value !== undefined && file !== undefined) {
    return refuse(`${name} and ${name}_FILE are both set`, 'unset one of them (they may also come from the env file)');
  }
  if (value !== undefined) return value;
  if (file === undefined) return refuse(`${name} is not set`, hint);
  if (file === '') return refuse(`${name}_FILE is empty`, `set it to the path of a file, or set ${name}`);
  const text = readSmallFile(file);
  if (typeof text === 'string') return text.replace(/\r?\n$/u, '');
  const wanted = `name a readable file that holds the value of ${name} and nothing else`;
  return refuse(`the file that ${name}_FILE names ${text.reason}`, wanted);
}

/** Reads regular files only: a FIFO or a device could block forever or never end. */
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
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: permission denied';
  return `cannot be read${typeof code === 'string' && code !== '' ? ` (${code})` : ''}`;
}
