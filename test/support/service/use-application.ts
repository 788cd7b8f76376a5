import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';
import type { TestDatabase } from '../table/database.ts';
import { useRegistry } from '../table/registry.ts';
import { buildApplication } from './build-application.ts';

/** A database with the registry, and the application that docs/application.md makes. */
export interface ApplicationUnderTest {
  readonly database: TestDatabase;
  readonly folder: string;
  /**
   * Runs a script beside the compiled files of the application.
   *
   * @param encryptionKeys - the value of ENCRYPTION_KEYS
   * @returns what it passes to `say`, which ends it
   */
  runScript(script: string, encryptionKeys: string, ...args: readonly string[]): Promise<unknown>;
}

const SAY = 'const say = (value) => process.stdout.write(JSON.stringify(value), () => process.exit());';

export function useApplication(): ApplicationUnderTest {
  const database = useRegistry();
  const parent = mkdtempSync(path.join(tmpdir(), 'application-'));
  const folder = path.join(parent, 'application');
  beforeAll(() => buildApplication(folder));
  afterAll(() => rmSync(parent, { recursive: true, force: true }));
  return {
    database,
    folder,
    async runScript(script, encryptionKeys, ...args) {
      const env = { PATH: process.env['PATH'], DATABASE_URL: database.url, ENCRYPTION_KEYS: encryptionKeys };
      const options = ['--input-type=module', '--eval', `${SAY}\n${script}`, '--', ...args];
      const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: folder, env });
      return JSON.parse(stdout);
    },
  };
}
