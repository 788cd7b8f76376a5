import { expect } from 'vitest';
import type { Given } from '../../../src/commands/command.ts';
import { parseCommandLine } from '../../../src/commands/command-line.ts';
import { type Problem, UsageError } from '../../../src/text/problem.ts';

/** @param argv - in one text where no word has a space in it */
export function given(argv: string | readonly string[]): Given {
  const invocation = parseCommandLine(typeof argv === 'string' ? argv.split(' ').filter(Boolean) : argv);
  return invocation.kind === 'command' ? invocation.given : expect.fail('not a command');
}

/** @returns what is wrong, each with its hint; empty where nothing is */
export async function problemsOf(work: Promise<unknown>): Promise<readonly Problem[]> {
  try {
    await work;
  } catch (error) {
    if (error instanceof UsageError) return error.problems.map(({ message, hint }) => ({ message, hint }));
    throw error;
  }
  return [];
}
