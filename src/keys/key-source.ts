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
