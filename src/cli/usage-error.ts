export interface Problem {
  /** Names the variable or flag; never quotes a value that could be secret. */
  readonly message: string;
  readonly hint: string;
}

/** What was asked for cannot be done as asked. Carries every problem that was found, not the first. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(({ message }) => message).join('; '));
    this.problems = problems;
  }
}
