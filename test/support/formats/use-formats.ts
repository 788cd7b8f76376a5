import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { beforeAll } from 'vitest';
import type { EncryptedField } from '../../../src/database/encrypted-field.ts';
import { newKey } from '../application/application.ts';
import { type TestDatabase, useDatabase } from '../table/database.ts';
import { secret } from '../tool/known-secrets.ts';
import { encryptedFieldsOf } from '../tool/prisma-generate.ts';
import { runHere } from '../tool/run-here.ts';
import { type ToolRun, workFolder } from '../tool/run-tool.ts';
import { MODELS } from './tables.ts';

/** A database of applications, two keys as they have them, and the tool with the models of all tables. */
export interface Formats {
  readonly database: TestDatabase;
  readonly oldKey: Buffer;
  readonly freshKey: Buffer;
  readonly env: Readonly<Record<string, string>>;
  readonly fields: () => readonly EncryptedField[];
  readonly run: (args: readonly string[], interruption?: AbortSignal) => Promise<ToolRun>;
  /** A file that no other test has. */
  readonly newFile: (name: string) => string;
}

export function useFormats(): Formats {
  const database = useDatabase();
  // As Typebot has its key: 32 characters of text. The tool gets the same bytes in hex.
  const oldKey = Buffer.from(secret(newKey().slice(0, 32)));
  const freshKey = Buffer.from(secret(newKey().slice(0, 32)));
  const env = {
    OLD_ENCRYPTION_KEY: secret(oldKey.toString('hex')),
    NEW_ENCRYPTION_KEY: secret(freshKey.toString('hex')),
    DATABASE_URL: database.url,
  };
  let fields: readonly EncryptedField[] = [];
  beforeAll(async () => {
    // The application that the other tests have is not here.
    await database.pool.query('DROP TABLE user_api_keys');
    fields = await encryptedFieldsOf(MODELS);
  });
  return {
    ...{ database, oldKey, freshKey, env },
    fields: () => fields,
    run: (args, interruption) => runHere(args, env, false, fields, interruption),
    newFile: (name) => path.join(workFolder, `${name}-${randomUUID()}`),
  };
}
