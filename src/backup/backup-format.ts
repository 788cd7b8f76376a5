import { z } from 'zod';

// Longer or shorter values have no meaning to AES-256-GCM as this tool uses it: restoring one would destroy what is stored.
const iv = z.string().regex(/^(?:[0-9a-f]{24}|[0-9a-f]{32})$/iu);
const content = z.string().regex(/^(?:[0-9a-f]{2})*$/iu);
const tag = z.string().regex(/^[0-9a-f]{32}$/iu);
const value = z.strictObject({ iv, content, tag });
const fingerprint = z.string().regex(/^[0-9a-f]{16}$/u);

/** `formatVersion` of the backups that are written. Format 1, without checksums and without an end line, is still read. */
export const FORMAT_VERSION = 2;

export const FORMAT = 'rotate-encryption-key backup';

const description = z.strictObject({
  createdAt: z.iso.datetime(),
  database: z.strictObject({ host: z.string(), port: z.int(), name: z.string() }),
  table: z.string(),
  keys: z.strictObject({ old: fingerprint, new: fingerprint }),
});

/** The first line of a backup file, without its checksum. */
export const backupHeader = description.extend({
  format: z.literal(FORMAT),
  formatVersion: z.literal([1, FORMAT_VERSION]),
});

/** A value that is about to be replaced, and what replaces it, without the checksum of the line. Ciphertext only. */
export const backupRecord = z
  .strictObject({ id: z.string(), before: value, after: value })
  // Both are the same plaintext, and a GCM ciphertext is as long as its plaintext: SP 800-38D, section 7.1.
  .refine(({ before, after }) => before.content.length === after.content.length, { path: ['before', 'content'] });

/** The last line, without its checksum, where the run that wrote the backup came to an end of its own and was not killed. */
export const backupEnd = z.strictObject({ end: z.literal(true) });

/** What the header tells of a run, beside the format. */
export type BackupDescription = z.infer<typeof description>;
export type BackupHeader = z.infer<typeof backupHeader>;
export type BackupRecord = z.infer<typeof backupRecord>;
export type BackupEnd = z.infer<typeof backupEnd>;

/** A backup file that cannot be written, or that is not what it should be. Message and hint are safe to print. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
