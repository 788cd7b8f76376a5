import type { StandardInput } from '../config/standard-input.ts';
import type { EncryptedField } from '../database/encrypted-field.ts';
import type { ExitCode } from '../report/exit-code.ts';
import type { Streams } from '../terminal/output.ts';

/** What the process gives to the tool. */
export interface Host extends Streams {
  readonly stdin: () => StandardInput;
  /** The arguments, without node and the script. */
  readonly argv: readonly string[];
  /** What prisma/schema.prisma says of the encrypted values. */
  readonly encryptedFields: readonly EncryptedField[];
  /** Aborted, with an Interrupted as reason, when a signal asks the run to stop. */
  readonly interruption: AbortSignal;
}

/** A flag, as `--help` shows it. */
export interface Option {
  /** Without the two hyphens. */
  readonly flag: string;
  /** What its value is called; null if it takes none. */
  readonly value: string | null;
  /** In lines of at most 54 columns. */
  readonly help: readonly string[];
}

/** What follows the command on the command line. */
export interface Given {
  has(flag: string): boolean;
  /** @returns null if the flag is not given */
  value(flag: string): string | null;
  /** @returns the value each time that the flag is given */
  values(flag: string): readonly string[];
  /** The first argument; empty if there is none. */
  readonly argument: string;
  readonly arguments: readonly string[];
}

/** What a command takes apart from its options. */
interface Argument {
  readonly name: string;
  readonly help: string;
  readonly times: 'once' | 'at most once' | 'at least once';
}

/** A command: its options, and what it does. Its work is loaded when it is called. */
export interface Command {
  /** One word, or two. */
  readonly name: string;
  /** In the list of commands: lines of at most 54 columns. */
  readonly summary: readonly string[];
  readonly argument: Argument | null;
  readonly options: readonly Option[];
  readonly load: () => Promise<(given: Given, host: Host) => Promise<ExitCode>>;
}
