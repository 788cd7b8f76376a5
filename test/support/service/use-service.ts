import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { buildTool } from './build-application.ts';
import { type ApplicationUnderTest, useApplication } from './use-application.ts';

export interface ServiceUnderTest extends ApplicationUnderTest {
  /** The folder of the tool, whose schema marks the column of the key id. */
  readonly tool: string;
}

export function useService(): ServiceUnderTest {
  const application = useApplication();
  const parent = mkdtempSync(path.join(tmpdir(), 'tool-'));
  const tool = path.join(parent, 'tool');
  beforeAll(() => buildTool(tool));
  afterAll(() => rmSync(parent, { recursive: true, force: true }));
  return { ...application, tool };
}
