import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** @returns whether a program is on this machine */
export function isInstalled(program: string, ...versionArguments: readonly string[]): boolean {
  return spawnSync(program, versionArguments, { stdio: 'ignore' }).error === undefined;
}

/** @returns the first of these files that exists; null if none does */
export function firstOf(...files: readonly string[]): string | null {
  return files.find((file) => existsSync(file)) ?? null;
}

/** Says in a line that tests are skipped, and what to install. */
export function sayIfMissing(isThere: boolean, suite: string, what: string): void {
  if (!isThere) console.log(`${suite}: ${what}, its tests are skipped`);
}

/** Runs a program to its end. @returns its stdout; rejects if it fails */
export async function run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { PATH = '' } = process.env;
  return (await execute(program, args, { env: { PATH, ...env } })).stdout;
}
