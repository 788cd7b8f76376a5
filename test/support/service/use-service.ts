import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { fingerprintOf } from '../keys/fingerprint.ts';
import { type TestDatabase, useDatabase } from '../table/database.ts';
import { buildApplication, buildTool } from './build-application.ts';

/** A database with the registry, the application as docs/application.md has it, and the tool as that application has it. */
export interface ServiceUnderTest {
  readonly database: TestDatabase;
  /** The folder of the application. */
  readonly application: string;
  /** The folder of the tool. */
  readonly tool: string;
}

const REGISTRY = path.resolve(import.meta.dirname, '..', '..', '..', 'prisma', 'encryption-keys.sql');

export function useService(): ServiceUnderTest {
  const database = useDatabase();
  const folder = mkdtempSync(path.join(tmpdir(), 'service-'));
  const [application, tool] = [path.join(folder, 'application'), path.join(folder, 'tool')];
  beforeAll(async () => {
    await database.pool.query(readFileSync(REGISTRY, 'utf8'));
    buildApplication(application);
    buildTool(tool);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return { database, application, tool };
}

export async function register({ pool }: TestDatabase, keyHex: string): Promise<void> {
  await pool.query("INSERT INTO encryption_keys (fingerprint, source) VALUES ($1, 'text')", [fingerprintOf(keyHex)]);
}
