/** A backup file that cannot be written, or that is not what it should be. Message and hint are safe to print. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
