/** The database could not be reached, was lost, or refused. Message and hint are safe to print. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  /** What to fix; null if running again may be enough. */
  readonly hint: string | null;
  /** The server answered that the statement failed, so that it had no effect. Without an answer, it may still be executed. */
  readonly refused: boolean;
  constructor(message: string, hint: string | null, refused = false) {
    super(message);
    this.hint = hint;
    this.refused = refused;
  }
}

/** A write found the lock of its run gone: it had no effect, but the server may have crashed since the writes before it. */
export class LockGone extends DatabaseError {
  constructor() {
    super('the lock on the table was lost', null, true);
  }
}

/** Another rotation holds the lock on the table, or a write of an earlier one is still waiting on the server. */
export class RotationRunning extends Error {
  override readonly name = 'RotationRunning';
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
