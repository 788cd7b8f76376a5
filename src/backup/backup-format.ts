import { z } from 'zod';

const hex = z.string().regex(/^(?:[0-9a-f]{2})*$/iu);
const value = z.strictObject({ iv: hex, content: hex, tag: hex });
const fingerprint = z.string().regex(/^[0-9a-f]{16}$/u);

/** The first line of a backup file. */
export const backupHeader = z.strictObject({
  format: z.literal('rotate-encryption-key backup'),
  formatVersion: z.literal(1),
  createdAt: z.iso.datetime(),
  database: z.strictObject({ host: z.string(), port: z.int(), name: z.string() }),
  table: z.string(),
  keys: z.strictObject({ old: fingerprint, new: fingerprint }),
});

/** Every other line: a value that is about to be replaced, and what replaces it. Ciphertext only. */
export const backupRecord = z.strictObject({ id: z.string(), before: value, after: value });

export type BackupHeader = z.infer<typeof backupHeader>;
export type BackupRecord = z.infer<typeof backupRecord>;

/** A backup file that cannot be written, or that is not what it should be. Message and hint are safe to print. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
