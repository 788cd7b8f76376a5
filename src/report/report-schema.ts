import { z } from 'zod';
import type { Misfit } from '../layout/layout.ts';

const rows = z.int().nonnegative();
const fingerprint = z.string().regex(/^[0-9a-f]{16}$/u);
export const census = z.object({
  rows,
  withoutValue: rows.describe('rows whose columns of the field are all null'),
  underKeys: z.array(z.object({ fingerprint, rows })),
  unreadable: rows,
  misnamed: rows.describe('rows whose key id is wrong, or is missing beside a value: under the target key, or without a value'),
});

const MISFITS = [
  ...(['null', 'empty', 'not-hex', 'not-base64', 'not-base64url', 'odd-length', 'bad-padding', 'not-canonical'] as const),
  ...(['wrong-length', 'no-match', 'not-json', 'json-shape', 'json-duplicate', 'json-escapes', 'aad-null'] as const),
] as const satisfies readonly Misfit[];

const field = z.object({
  name: z.string().describe('such as Account.access; only the model if its value has no name'),
  model: z.string(),
  table: z.string().nullable().describe('schema.table; null if the run ended before it was found'),
  before: census.nullable().describe('what the preflight found; null if it did not finish, or if there was none'),
  after: census.nullable().describe('what the last full pass after the last write found; null if there was none'),
  rotated: rows.describe('rows that this run moved to the target key'),
  named: rows.describe('rows that got the key id of the target key without being re-encrypted'),
  meanwhile: z.object({
    conflicts: rows.describe('writes that found a value other than the one that was read'),
    gone: rows.describe('of those: the row no longer exists'),
    alreadyRotated: rows.describe('of those: the row was under the target key'),
    came: rows.describe('rows that were added during the run; exact, like went, as long as both are below a thousand'),
    went: rows.describe('rows that were removed during the run'),
    late: rows.describe('rows that the first verification found under a source key, and that needed another round'),
  }),
  plaintexts: z.enum(['unchanged', 'changed', 'not-compared']).describe('the set of all (id, plaintext), before against after'),
  unreadable: z
    .array(
      z.object({
        id: z.string(),
        reason: z.enum(['malformed', 'not-authentic']),
        column: z.string().nullable(),
        misfit: z.enum(MISFITS).nullable(),
      }),
    )
    .describe('the first 1000 rows that no key can decrypt'),
  restore: z
    .object({
      restored: rows,
      alreadyRestored: rows,
      gone: rows.describe('were not found by their id: deleted, or hidden by a damaged index'),
      changed: rows.describe('hold a value that is not in the backup, and were left alone'),
      changedIds: z.array(z.string()).describe('the first 1000 of those'),
    })
    .nullable()
    .describe('what became of the rows in the backup; with dryRun, what would become of them; null for other commands'),
});

const DOUBTS = [
  'unreadable',
  'ruined',
  'rows-gone',
  'parts-changed',
  'uncommitted',
  'unreachable',
  'reverted',
  'written-meanwhile',
] as const;

const OBSTACLES = [
  ...([
    'values',
    'unreadable',
    'uncommitted',
    'unregistered',
    'not-read',
    'no-registry',
    'not-in-registry',
    'read-only',
  ] as const),
  ...(['soak', 'escrow', 'gap', 'named', 'locked'] as const),
] as const;

const ENDINGS = [
  'rotated',
  'rotated-except-unreadable',
  'nothing-to-do',
  'rehearsed',
  'unreadable-rows',
  'unregistered',
  'verified',
  'retired',
  'was-retired',
  'not-yet',
  'not-verified',
  'restored',
  'row-failed',
  'write-in-doubt',
  'stopped',
] as const;

/** What every run reports. Enough for an incident log, and nothing secret. */
export const reportSchema = z.object({
  formatVersion: z.literal(2),
  runId: z.uuid(),
  tool: z.string().describe('name and version'),
  command: z.enum(['rotate', 'verify', 'retire', 'restore']),
  dryRun: z.boolean(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  operator: z.object({ user: z.string(), host: z.string() }),
  database: z.object({ host: z.string(), port: z.int(), name: z.string(), user: z.string() }),
  keys: z
    .array(z.object({ role: z.enum(['target', 'source']), name: z.string(), fingerprint }))
    .describe(
      'the keys of the run, named old and new, or by their place in ENCRYPTION_KEYS: first, second; with --rollback the new key is a source',
    ),
  ending: z.enum(ENDINGS),
  doubt: z.enum(DOUBTS).nullable(),
  exitCode: z.int(),
  fields: z.array(field).describe('the encrypted fields'),
  unregistered: z
    .array(z.object({ table: z.string(), columns: z.array(z.string()) }))
    .describe('columns that hold values under the keys, and that prisma/schema.prisma does not register'),
  notYet: z.array(z.enum(OBSTACLES)).describe('what keeps a key from being retired; empty for other commands'),
  phases: z.array(
    z.object({
      name: z.enum(['survey', 'preflight', 'rotate', 'verify', 'restore']),
      field: z.string().nullable().describe('null for all fields together'),
      rows,
      seconds: z.number().nonnegative(),
    }),
  ),
  summary: z.string().describe('this and the next two are for people: their wording may change'),
  details: z.array(z.string()),
  nextSteps: z.array(z.string()),
});
