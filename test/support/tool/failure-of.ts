import { expect } from 'vitest';
import type { ToolRun } from './run-tool.ts';

export interface ToolFailure {
  readonly message: string;
  readonly hint: string;
}

/** What follows a hint: the problem has to be fixed first. */
export const THEN_RUN_AGAIN = '; then run the same command again: it continues where it stopped';
/** The hint if running again may be enough. */
export const RUN_AGAIN = 'run the same command again: it continues where it stopped';

/** @returns the error and the hint of a run that the database ended, which must have exit code 4 */
export async function failureOf(run: Promise<ToolRun>): Promise<ToolFailure> {
  const { code, stderr } = await run;
  expect(code, stderr).toBe(4);
  const line = (label: string) => new RegExp(`^rotate-encryption-key: ${label}: (.*)$`, 'mu').exec(stderr)?.[1] ?? '';
  return { message: line('error'), hint: line('hint') };
}
