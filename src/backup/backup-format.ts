import { z } from 'zod';

/** What the columns of an encrypted value hold, by the field of the model. */
const value = z.record(z.string(), z.string().nullable());
const fingerprint = z.string().regex(/^[0-9a-f]{16}$/u);

/** `formatVersion` of the backups that are written. Format 1, without checksums and without an end line, is still read. */
export const FORMAT_VERSION = 2;

export const FORMAT = 'rotate-encryption-key backup';

/** The name of a field in format 1, which knew of one alone. */
export const NAMELESS = '';

const description = z.strictObject({
  createdAt: z.iso.datetime(),
  database: z.strictObject({ host: z.string(), port: z.int(), name: z.string() }),
  /** The encrypted fields of the run, such as `Account.access` in `public.accounts`. */
  fields: z.array(z.strictObject({ name: z.string(), table: z.string() })),
  /** Of the keys of the run, by their fingerprints. */
  keys: z.strictObject({ target: fingerprint, sources: z.array(fingerprint) }),
});

const { fields: _, ...of1 } = description.shape;

/** The first line of a backup file, without its checksum. Format 1 calls the keys old and new, whatever the direction. */
export const backupHeader = z.discriminatedUnion('formatVersion', [
  description.extend({ format: z.literal(FORMAT), formatVersion: z.literal(FORMAT_VERSION) }),
  z
    .strictObject({
      ...of1,
      format: z.literal(FORMAT),
      formatVersion: z.literal(1),
      table: z.string(),
      keys: z
        .strictObject({ old: fingerprint, new: fingerprint })
        .transform((keys) => ({ target: keys.new, sources: [keys.old] })),
    })
    .transform(({ table, ...header }) => ({ ...header, fields: [{ name: NAMELESS, table }] })),
]);

/** A value that is about to be replaced, and what replaces it, without the checksum of the line. Ciphertext only. */
export const backupRecord = z.strictObject({ field: z.string().default(NAMELESS), id: z.string(), before: value, after: value });

/** The last line, without its checksum, if the run that wrote the backup was not killed. */
export const backupEnd = z.strictObject({ end: z.literal(true) });

/** What the header says about a run, in addition to the format. */
export type BackupDescription = z.infer<typeof description>;
export type BackupHeader = z.infer<typeof backupHeader>;
export type BackupRecord = z.infer<typeof backupRecord>;
/** @returns what in a record cannot be part of an encrypted value, such as `before.iv`; null if all can */
export type CheckRecord = (record: BackupRecord, header: BackupHeader) => string | null;
export type BackupEnd = z.infer<typeof backupEnd>;
