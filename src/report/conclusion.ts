import { unbroken } from '../text/wrap.ts';
import { EXIT, type ExitCode } from './exit-code.ts';

/** How a run ended, in words for a person and in a code for a script. */
export interface Conclusion {
  readonly exitCode: ExitCode;
  readonly headline: string;
  /** What state the table is in. */
  readonly details: readonly string[];
  /** What to do, in this order. */
  readonly nextSteps: readonly string[];
}

export const SCRIPT = 'npx tsx scripts/rotate-encryption-key.ts';

/** @returns the command line that a person types, kept in one line */
export function typed(command: string): string {
  return unbroken(`${SCRIPT} ${command}`);
}

export function done(headline: string, details: readonly string[], nextSteps: readonly string[]): Conclusion {
  return { exitCode: EXIT.done, headline, details, nextSteps };
}
