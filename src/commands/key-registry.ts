import { DatabaseError } from '../database/database-error.ts';
import { quote } from '../database/own-names.ts';
import { isUsable, type Registry } from '../database/registry.ts';
import type { DatabaseSettings } from '../database/settings.ts';
import { findUnreadColumns } from '../database/unread-columns.ts';
import type { Database } from '../database/with-database.ts';
import { type Author, createRegistryWriter, type Finding, type RegistryWriter } from '../database/write-registry.ts';
import { enumerated, verb } from '../report/wording.ts';
import type { Output } from '../terminal/output.ts';
import { type Problem, refuse } from '../text/problem.ts';
import { dayOf } from './time-words.ts';

/** A key that the registry is to know. */
export interface RegistryKey {
  readonly fingerprint: string;
  readonly source: string;
}

/** The registry during a run. Where the application has none, nothing happens. */
export interface RunRegistry {
  /** Makes sure that the keys are in the registry before a value is written. @throws DatabaseError */
  enter(): Promise<void>;
  /** Records what a survey found; warns if that is not possible. */
  record(finding: Finding): Promise<void>;
}

/**
 * Looks at the registry before a run writes anything.
 *
 * @param keys - those of the run, the target first
 * @throws UsageError if the target is retired, or a key is missing and may not be entered
 */
export function openRegistry(
  database: Database,
  settings: DatabaseSettings,
  keys: readonly RegistryKey[],
  author: Author,
  output: Output,
): RunRegistry {
  const { registry, pool } = database;
  const writer = recordOnly(database, settings, author, output);
  if (registry === null || registry.missingColumn !== null) return { ...writer, enter: async () => {} };
  const { label, mayRead, mayInsert, entries } = registry;
  if (!mayRead)
    refuse(`user ${settings.user} may not read ${label}, which says whether these keys may be used`, grant(registry, settings));
  const target = entries.get(keys[0]?.fingerprint ?? '');
  if (target !== undefined && target.retired_at !== null) {
    refuse(
      `key ${target.fingerprint} was retired on ${dayOf(target.retired_at)}: nothing may be encrypted under it`,
      'put a key first that is not retired: one that status lists, or one that generate-key makes',
    );
  }
  const missing = keys.filter(({ fingerprint }) => !entries.has(fingerprint));
  if (missing.length > 0 && !mayInsert) {
    const names = enumerated(missing.map(({ fingerprint }) => fingerprint));
    refuse(
      `${label} does not have key ${names}, and user ${settings.user} may not enter it`,
      `run register as a role that may, or ${grant(registry, settings)}`,
    );
  }
  const enter = async () => {
    if (missing.length === 0) return;
    const entered = await createRegistryWriter(pool, registry, settings, author).enter(missing);
    for (const fingerprint of entered) output.say(`registry: entered key ${fingerprint} in ${label}`);
  };
  return { ...writer, enter };
}

/** The same for a run that writes no value. */
export function recordOnly(
  { registry, pool, fields }: Database,
  settings: DatabaseSettings,
  author: Author,
  output: Output,
): Pick<RunRegistry, 'record'> {
  if (registry === null) return { record: async () => {} };
  if (registry.missingColumn !== null) {
    warnIfUnusable(registry, settings, output);
    return { record: async () => {} };
  }
  const writer: RegistryWriter = createRegistryWriter(pool, registry, settings, author);
  const warned = new Set<string>();
  const warnOnce = (text: string) => {
    if (!warned.has(text)) output.warn(text);
    warned.add(text);
  };
  const notRecorded = (why: string) => warnOnce(`what this run found is not recorded in ${registry.label}: ${why}`);
  return {
    async record(finding) {
      if (!isUsable(registry) || !registry.mayUpdate) {
        notRecorded(`user ${settings.user} may not UPDATE it: ${grant(registry, settings)}`);
        return;
      }
      try {
        const unread = await findUnreadColumns(pool, registry, fields, settings);
        if (unread.length > 0) {
          warnOnce(
            `this run is not recorded as one that read everything: ${enumerated(unread)} ${verb(unread.length, 'refers', 'refer')} to ${registry.label} as well, and ${verb(unread.length, 'is', 'are')} not in prisma/schema.prisma: add ${verb(unread.length, 'it', 'them')} there (docs/adapting.md)`,
          );
        }
        await writer.record(unread.length === 0 ? finding : { ...finding, all: null, isSettled: false });
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error;
        notRecorded(error.message);
      }
    },
  };
}

/** @returns the statement that lets the role use the registry */
export function grant({ name }: Registry, { user }: DatabaseSettings, privileges = 'SELECT, INSERT, UPDATE'): string {
  return `GRANT ${privileges} ON ${name} TO ${quote(user)}`;
}

/** @returns why a registry that is there cannot be used; null if it can */
export function registryProblem(registry: Registry, settings: DatabaseSettings, privileges?: string): Problem | null {
  const { label, mayRead, missingColumn } = registry;
  if (missingColumn !== null)
    return { message: `${label} has no column ${missingColumn}`, hint: 'compare the table with prisma/encryption-keys.sql' };
  return mayRead ? null : { message: `user ${settings.user} may not read ${label}`, hint: grant(registry, settings, privileges) };
}

/** Warns of a registry that is there and cannot be read. */
export function warnIfUnusable(registry: Registry | null, settings: DatabaseSettings, output: Output): void {
  const problem = registry === null ? null : registryProblem(registry, settings, 'SELECT');
  if (problem !== null) output.warn(`${problem.message}, so it is not used as the registry of keys: ${problem.hint}`);
}

/** @throws UsageError if there is no registry, or it cannot be used */
export function requireRegistry(registry: Registry | null, settings: DatabaseSettings): Registry {
  const { schema, name: database } = settings;
  if (registry === null) {
    return refuse(
      `there is no table ${schema}.encryption_keys in database ${database}`,
      'apply prisma/encryption-keys.sql as a migration of your application (docs/zero-downtime.md), or check DATABASE_URL and its ?schema=',
    );
  }
  const problem = registryProblem(registry, settings);
  return problem === null ? registry : refuse(problem.message, problem.hint);
}
