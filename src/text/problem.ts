/** What is wrong, and what to do about it. */
export interface Problem {
  /** Names the variable or flag; never quotes a value that could be secret. */
  readonly message: string;
  readonly hint: string;
}

/** The tool cannot do what was asked. Carries every problem that was found, not just the first. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(({ message }) => message).join('; '));
    this.problems = problems;
  }
}

/** @throws UsageError with this one problem */
export function refuse(message: string, hint: string): never {
  throw new UsageError([{ message, hint }]);
}

/**
 * Waits for all checks, so that every problem is reported, not just the first.
 *
 * @throws UsageError with the problems of all; any other error that one of them throws
 */
export async function allOf<T extends readonly unknown[]>(
  checks: readonly [...{ [K in keyof T]: Promise<T[K]> }],
): Promise<[...T]> {
  const failed = (await Promise.allSettled(checks)).flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  const other: unknown = failed.find((reason) => !(reason instanceof UsageError));
  if (other !== undefined) throw other;
  const problems = failed.flatMap((reason: UsageError) => reason.problems);
  // Two checks may need the same variable.
  const different = [...new Map(problems.map((problem) => [problem.message, problem])).values()];
  if (different.length > 0) throw new UsageError(different);
  return Promise.all(checks);
}
