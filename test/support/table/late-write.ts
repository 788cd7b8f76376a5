import { expect } from 'vitest';
import { startTool, type ToolEnv, type ToolRun } from '../tool/run-tool.ts';
import type { TestDatabase } from './database.ts';
import { somebodyWaits } from './row-lock.ts';
import { lockIsFree } from './witness.ts';

/** What a run said that was refused because of a write of an earlier one. */
export interface Refusal {
  readonly message: string;
  readonly hint: string;
  /** The SQL in the hint that ends the blocker. */
  readonly statements: readonly string[];
}

/** Ends a rotation whose write waits on the server for a row that somebody holds: the write keeps waiting. */
export async function leaveWriteBehind(
  database: TestDatabase,
  args: readonly string[],
  env: ToolEnv,
  how: 'gave up' | 'was killed',
): Promise<void> {
  const tool = startTool(args, how === 'gave up' ? { ...env, DATABASE_STATEMENT_TIMEOUT_MS: '2000' } : env);
  await somebodyWaits(database);
  if (how === 'was killed') tool.child.kill('SIGKILL');
  await tool.end;
  await lockIsFree(database);
}

/** @returns the error and the hint of a run that must have ended with exit code 5, and have written nothing */
export async function refusalOf(run: Promise<ToolRun>): Promise<Refusal> {
  const { code, stdout, stderr } = await run;
  expect(code, stderr).toBe(5);
  expect(stdout).toContain('nothing was written');
  const line = (label: string) => new RegExp(`^rotate-encryption-key: ${label}: (.*)$`, 'mu').exec(stderr)?.[1] ?? '';
  const hint = line('hint');
  return { message: line('error'), hint, statements: hint.match(/SELECT pg_terminate_backend\(\d+\)/gu) ?? [] };
}

/** The first number of the lock that every write shares. */
export const WRITE_LOCK = 0x4afa9164;

/** Resolves once no write of a rotation is left on the server, though a pooler keeps its connections. */
export async function writesHaveEnded({ pool }: TestDatabase): Promise<void> {
  await pool.query(`
    DO $$ BEGIN
      WHILE EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = ${WRITE_LOCK}
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) LOOP
        PERFORM pg_sleep(0.005);
      END LOOP;
    END $$`);
}
