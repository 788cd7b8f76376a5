import { expect } from 'vitest';
import { runHere } from '../tool/run-here.ts';
import type { ToolEnv } from '../tool/run-tool.ts';
import type { Loopback } from './loopback.ts';

/** How `discover` names the keys of a list of two. */
export const TWO_KEYS = /^rotate-encryption-key: keys: first [0-9a-f]{16}, second [0-9a-f]{16}$/mu;

/**
 * Runs a rotation whose keys are refused: with exit code 2, a hint for each problem, and no connection to the database.
 *
 * @param database - a server that counts who connects
 * @returns the problems
 */
export async function refusalsOf(database: Loopback, env: ToolEnv): Promise<string[]> {
  const before = database.connections();
  const { code, stdout, stderr } = await runHere([], {
    DATABASE_URL: `postgresql://app@127.0.0.1:${database.port}/app`,
    DATABASE_CONNECT_TIMEOUT_MS: '1',
    ...env,
  });
  expect(code, stderr).toBe(2);
  expect(stdout).toBe('');
  expect(database.connections()).toBe(before);
  const lines = stderr.split('\n').filter((line) => line !== '');
  const hints = lines.filter((_line, index) => index % 2 === 1);
  expect(
    hints.every((line) => line.startsWith('rotate-encryption-key: hint: ')),
    stderr,
  ).toBe(true);
  return lines.filter((_line, index) => index % 2 === 0).map((line) => line.replace('rotate-encryption-key: error: ', ''));
}
