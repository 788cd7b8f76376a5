import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { TestDatabase } from '../table/database.ts';
import { useRegistry } from '../table/registry.ts';
import { buildApplication, buildTool } from './build-application.ts';

/** A database with the registry, the application as docs/application.md has it, and the tool as that application has it. */
export interface ServiceUnderTest {
  readonly database: TestDatabase;
  /** The folder of the application. */
  readonly application: string;
  /** The folder of the tool. */
  readonly tool: string;
}

export function useService(): ServiceUnderTest {
  const database = useRegistry();
  const folder = mkdtempSync(path.join(tmpdir(), 'service-'));
  const [application, tool] = [path.join(folder, 'application'), path.join(folder, 'tool')];
  beforeAll(() => {
    buildApplication(application);
    buildTool(tool);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return { database, application, tool };
}
