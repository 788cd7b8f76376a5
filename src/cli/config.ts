import { z } from 'zod';
import { type EncryptionKey, encryptionKeyProblem, importEncryptionKey } from '../crypto/encryption-key.ts';
import type { DatabaseSettings } from '../database/settings.ts';
import type { KeyName } from '../rotation/judge.ts';
import type { RunInvocation } from './command-line.ts';
import { databaseUrl } from './database-url.ts';
import { type Environment, readVariable } from './environment.ts';
import { type Problem, UsageError } from './usage-error.ts';

export const KEY_VARIABLE = { old: 'OLD_ENCRYPTION_KEY', new: 'NEW_ENCRYPTION_KEY' } as const satisfies Record<KeyName, string>;

interface CommonConfig {
  readonly database: DatabaseSettings;
}

export interface RotateConfig extends CommonConfig {
  readonly command: 'rotate';
  readonly keys: Readonly<Record<KeyName, EncryptionKey>>;
  readonly target: KeyName;
  readonly dryRun: boolean;
  readonly skipUnreadable: boolean;
  /** Rows per statement. */
  readonly batchRows: number;
  /** File for the backup. */
  readonly backup: string | null;
}

interface VerifyConfig extends CommonConfig {
  readonly command: 'verify';
  readonly keys: Readonly<Record<'new', EncryptionKey>>;
}

export interface RestoreConfig extends CommonConfig {
  readonly command: 'restore';
  readonly file: string;
  readonly dryRun: boolean;
}

/** All that a run needs, checked: nothing past this looks at the environment. */
export type Config = RotateConfig | VerifyConfig | RestoreConfig;

const HINTS: Record<string, string> = {
  OLD_ENCRYPTION_KEY: 'set it to the key that the rows are under now: exactly 64 hex characters',
  NEW_ENCRYPTION_KEY: 'set it to the key to move to: exactly 64 hex characters, as generate-key prints',
  DATABASE_URL: 'set it to postgresql://user:password@host:port/database',
};

const milliseconds = z.coerce
  .number({ error: 'is not a number of milliseconds' })
  .int('is not a whole number')
  .min(1, 'is less than 1')
  .max(3_600_000, 'is more than an hour');

const encryptionKey = z.string().transform((text, context) => {
  const problem = encryptionKeyProblem(text);
  if (problem === null) return importEncryptionKey(text);
  context.addIssue({ code: 'custom', message: problem });
  return z.NEVER;
});

const databaseFields = {
  DATABASE_URL: databaseUrl,
  DATABASE_CONNECT_TIMEOUT_MS: milliseconds.default(10_000),
  DATABASE_STATEMENT_TIMEOUT_MS: milliseconds.default(60_000),
};

const restoreVariables = z.object(databaseFields);

const verifyVariables = z.object({ ...databaseFields, NEW_ENCRYPTION_KEY: encryptionKey });

const rotateVariables = z.object({ ...databaseFields, NEW_ENCRYPTION_KEY: encryptionKey, OLD_ENCRYPTION_KEY: encryptionKey });

/**
 * Turns the command line and the environment into a Config.
 *
 * @throws UsageError with all that is wrong, naming variables and never quoting their values
 */
export function checkConfig(invocation: RunInvocation, env: Environment): Config {
  if (invocation.command === 'restore') {
    const database = databaseSettings(check(restoreVariables, env));
    return { command: 'restore', file: invocation.file, dryRun: invocation.options.dryRun === true, database };
  }
  if (invocation.command === 'verify') {
    const variables = check(verifyVariables, env);
    return { command: 'verify', keys: { new: variables.NEW_ENCRYPTION_KEY }, database: databaseSettings(variables) };
  }
  const variables = check(rotateVariables, env);
  const keys = { old: variables.OLD_ENCRYPTION_KEY, new: variables.NEW_ENCRYPTION_KEY };
  const { dryRun = false, rollback = false, skipUnreadable = false, batchSize, backup = null } = invocation.options;
  return {
    command: 'rotate',
    keys,
    target: rollback ? 'old' : 'new',
    dryRun,
    skipUnreadable,
    batchRows: batchSize,
    backup,
    database: databaseSettings(variables),
  };
}

function check<Schema extends z.ZodObject>(schema: Schema, env: Environment): z.output<Schema> {
  const problems: Problem[] = [];
  const values: Record<string, string | undefined> = {};
  for (const name of Object.keys(schema.shape)) {
    const hint = HINTS[name];
    const value = hint === undefined ? env[name] : readVariable(env, name, hint);
    if (typeof value === 'object') problems.push(value);
    else values[name] = value;
  }
  if (
    values['OLD_ENCRYPTION_KEY'] &&
    values['OLD_ENCRYPTION_KEY'].toLowerCase() === values['NEW_ENCRYPTION_KEY']?.toLowerCase()
  ) {
    problems.push({ message: 'OLD_ENCRYPTION_KEY and NEW_ENCRYPTION_KEY are the same', hint: HINTS['NEW_ENCRYPTION_KEY'] ?? '' });
  }
  const checked = schema.safeParse(values);
  if (checked.success && problems.length === 0) return checked.data;
  for (const { path, message } of checked.error?.issues ?? []) {
    const name = String(path[0]);
    if (values[name] !== undefined)
      problems.push({ message: `${name} ${message}`, hint: HINTS[name] ?? 'leave it unset for the default' });
  }
  throw new UsageError(problems);
}

function databaseSettings(variables: z.output<typeof restoreVariables>): DatabaseSettings {
  return {
    ...variables.DATABASE_URL,
    connectTimeoutMs: variables.DATABASE_CONNECT_TIMEOUT_MS,
    statementTimeoutMs: variables.DATABASE_STATEMENT_TIMEOUT_MS,
  };
}
