import { z } from 'zod';

const count = z.int().nonnegative();
const fingerprint = z.string().regex(/^[0-9a-f]{16}$/u);
const time = z.iso.datetime().nullable();

const escrowSplit = z.object({
  splitId: z.string(),
  threshold: count.describe('how many shares give the key'),
  total: count.describe('how many shares there are'),
  checked: count.describe('how many of them were ever checked'),
  lastCheckedAt: z.iso.datetime(),
});

/** What `status --json` prints. Nothing secret. */
export const statusSchema = z.object({
  formatVersion: z.literal(1),
  tool: z.string().describe('name and version'),
  checkedAt: z.iso.datetime(),
  database: z.object({ host: z.string(), port: z.int(), name: z.string(), user: z.string() }),
  tables: z.array(z.string()).describe('schema.table'),
  registry: z.string().nullable().describe('schema.table; null if there is none that can be read: then all times are null'),
  counted: z.enum(['decrypted', 'named']).describe('named (--fast): the rows name these keys, and nothing was decrypted'),
  values: count.describe('encrypted values; if counted is named, rows that hold one or name a key'),
  unaccounted: count.describe(
    'values that none of the keys that are set decrypts; if counted is named, rows that name none of these keys',
  ),
  keys: z
    .array(
      z.object({
        fingerprint,
        name: z
          .string()
          .nullable()
          .describe('old and new, or the place in ENCRYPTION_KEYS: first, second; null if it is only in the registry'),
        target: z.boolean().describe('whether values are to be under it'),
        source: z.string().describe('where it comes from: text, file, command or a scheme such as awskms'),
        values: count.nullable().describe('under it; null if that is unknown'),
        valuesAre: z.enum(['decrypted', 'named', 'unknown']),
        createdAt: time,
        activatedAt: time,
        lastVerifiedAt: time,
        unusedSince: time,
        escrowCheckedAt: time.describe('since when every share of a split has been checked'),
        escrowSplits: z.array(escrowSplit).describe('splits of which a share was checked, the last one first'),
        retiredAt: time,
      }),
    )
    .describe('the target first, then the others that are set, then those that only the registry has'),
  step: z
    .enum([
      ...(['none', 'register', 'prepared', 'introduced', 'behind', 'sweep', 'swept', 'retire', 'empty'] as const),
      ...(['retired-key-in-use', 'other-keys', 'target-retired', 'not-counted'] as const),
    ])
    .describe('where the rotation is: docs/zero-downtime.md'),
  due: z.array(
    z.object({
      kind: z.enum([
        'retired-key-in-use',
        'target-retired',
        'values-unaccounted',
        'values-not-counted',
        'values-under-other-keys',
        'target-too-old',
        'verification-too-old',
      ]),
      fingerprint: fingerprint.nullable().describe('the key that it is about; null if it is not about one'),
      message: z.string(),
    }),
  ),
  exitCode: z.int(),
  summary: z.string().describe('this and the next two are for people: their wording may change'),
  details: z.array(z.string()),
  nextSteps: z.array(z.string()),
});

export type StatusReport = z.infer<typeof statusSchema>;
