import { expect } from 'vitest';
import type { Given } from '../../../src/commands/command.ts';
import { parseCommandLine } from '../../../src/commands/command-line.ts';
import { type Problem, UsageError } from '../../../src/text/problem.ts';

/** @param argv - in one text, if no word contains a space */
export function given(argv: string | readonly string[]): Given {
  const invocation = parseCommandLine(typeof argv === 'string' ? argv.split(' ').filter(Boolean) : argv);
  return invocation.kind === 'command' ? invocation.given : expect.fail('not a command');
}

/** @returns every problem with its hint; empty if there is none */
export async function problemsOf(work: Promise<unknown>): Promise<readonly Problem[]> {
  try {
    await work;
  } catch (error) {
    if (error instanceof UsageError) return error.problems.map(({ message, hint }) => ({ message, hint }));
    throw error;
  }
  return [];
}
