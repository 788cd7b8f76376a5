import { EXIT, type ExitCode } from '../../report/exit-code.ts';
import { formatConclusion } from '../../report/summary.ts';
import { createOutput, useColor } from '../../terminal/output.ts';
import type { Host } from '../command.ts';

/** What an escrow command did. */
export interface Told {
  readonly headline: string;
  readonly details: readonly string[];
  /** Names, and what they stand for. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly nextSteps: readonly string[];
}

/** Prints how an escrow command ended that did what it was asked. */
export function tell({ facts, ...said }: Told, host: Host): ExitCode {
  const text = formatConclusion({ exitCode: EXIT.done, ...said }, facts, useColor(host), host.stdout.columns);
  createOutput(host, false).result(text);
  return EXIT.done;
}
