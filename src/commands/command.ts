import type { ExitCode } from '../report/exit-code.ts';
import type { Streams } from '../terminal/output.ts';

/** What the process gives to the tool. */
export interface Host extends Streams {
  /** The arguments, without node and the script. */
  readonly argv: readonly string[];
  /** Aborted, with an Interrupted as reason, when a signal asks the run to stop. */
  readonly interruption: AbortSignal;
}

/** A flag, as `--help` shows it. */
export interface Option {
  /** Without the two hyphens. */
  readonly flag: string;
  /** What its value is called; null where it takes none. */
  readonly value: string | null;
  /** In lines of 54 columns at the most. */
  readonly help: readonly string[];
}

/** What stands on the command line behind the command. */
export interface Given {
  has(flag: string): boolean;
  /** @returns null where the flag is not given */
  value(flag: string): string | null;
  /** The word that the command needs; empty where it needs none. */
  readonly argument: string;
}

/** A command: what it is told, and what it does. Its work is loaded when it is called. */
export interface Command {
  readonly name: string;
  /** In the list of commands: lines of 54 columns at the most. */
  readonly summary: readonly string[];
  readonly argument: { readonly name: string; readonly help: string } | null;
  readonly options: readonly Option[];
  readonly load: () => Promise<(given: Given, host: Host) => Promise<ExitCode>>;
}
