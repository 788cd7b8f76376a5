import { rmSync } from 'node:fs';
import path from 'node:path';
import { beforeEach } from 'vitest';
import { useDatabase } from '../table/database.ts';
import { environment, newKeys } from '../table/witness.ts';
import { workFolder } from './run-tool.ts';

/** A database, two keys, and the name of a backup that does not exist when a test begins. */
export function useBackup() {
  const database = useDatabase();
  const { old: oldKey, new: freshKey } = newKeys();
  const env = environment({ old: oldKey, new: freshKey }, database.url);
  const backup = path.join(workFolder, 'backup');
  beforeEach(() => rmSync(backup, { force: true }));
  return { database, oldKey, freshKey, env, withoutKeys: { DATABASE_URL: database.url }, backup };
}
