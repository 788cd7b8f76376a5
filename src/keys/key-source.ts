import type { Reference } from './reference.ts';

/** What a source of keys needs from the run. */
export interface KeyContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * Reads a variable, or the file that the variable NAME_FILE names.
   *
   * @param hint - what to set it to
   * @throws UsageError if neither is set, or the file cannot be read
   */
  readonly read: (name: string, hint: string) => string;
  /** How long one source may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Aborted when a signal asks the run to stop. */
  readonly interruption: AbortSignal;
}

/** A request for a key: what is asked for, and for whom. */
export interface KeyRequest {
  readonly reference: Reference;
  /** Names the variable, and the position in it, in messages. */
  readonly label: string;
  readonly context: KeyContext;
  /** Aborted at the limit, or when a signal asks the run to stop. */
  readonly signal: AbortSignal;
}

/** Where keys are wrapped and unwrapped, or kept. Its functions throw a UsageError that says what to do. */
export interface KeySource {
  /** @returns the bytes of the key, which the caller checks and overwrites */
  readonly unwrap: (request: KeyRequest) => Promise<Buffer>;
  /** @returns a new data key, wrapped, as it stands in the fragment of a reference; null where the source wraps no keys */
  readonly wrapNew: ((request: KeyRequest) => Promise<string>) | null;
}
