import type { ClientBase, QueryArrayResult } from 'pg';
import type { SampledColumn } from '../discovery/sample.ts';
import type { StoredValue } from '../layout/layout.ts';
import { explain } from './explain.ts';
import { readFailure } from './failure.ts';
import { OWN_NAMES_ONLY } from './own-names.ts';
import type { DatabaseSettings } from './settings.ts';

/** Reads rows; a table that refuses, or takes too long, gives the reason instead. */
export type SampleReader = (statements: readonly string[], columns: readonly SampledColumn[]) => Promise<Read>;

export type Read =
  /** The rows of each statement. */
  | { readonly kind: 'rows'; readonly results: readonly (readonly StoredValue[])[] }
  | { readonly kind: 'failed'; readonly reason: string };

/** What the server says when it ends a statement by its limit: query_canceled. */
const CANCELLED = '57014';
/** The same of the limit for a lock: lock_not_available. */
const LOCKED = '55P03';
const REASONS: Readonly<Record<string, (statementMs: number) => string>> = {
  [CANCELLED]: (statementMs) => `reading it took longer than ${statementMs} ms, perhaps for a lock`,
  [LOCKED]: () => 'another session has locked it',
};
const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY';

/**
 * @param statementMs - how long any one statement may take
 * @param lockMs - how long one may wait for a lock
 * @returns what reads, each time in a transaction of its own, so that nothing is held for long; it rejects where the connection is lost
 */
export function createSampleReader(
  client: ClientBase,
  settings: DatabaseSettings,
  statementMs: number,
  lockMs: number,
): SampleReader {
  return async (statements, columns) => {
    try {
      // One message for all, since there are many tables; the limits hold for each of the statements.
      const text = [BEGIN, OWN_NAMES_ONLY, limits(statementMs, lockMs), ...statements, 'ROLLBACK'].join('; ');
      const answer: unknown = await client.query({ text, rowMode: 'array' });
      const results = isResults(answer) ? answer.slice(3, 3 + statements.length) : [];
      return { kind: 'rows', results: results.map(({ rows }) => rows.map((row) => toStored(row, columns))) };
    } catch (error) {
      const failure = readFailure(error);
      if (failure.from === 'client') throw explain(error, settings);
      await client.query('ROLLBACK').catch((lost: unknown) => {
        throw explain(lost, settings);
      });
      return { kind: 'failed', reason: REASONS[failure.sqlState]?.(statementMs) ?? explain(error, settings).message };
    }
  };
}

/** To be put before what must not take longer. */
export function limits(statementMs: number, lockMs: number): string {
  return `SELECT set_config('statement_timeout', '${statementMs}', true), set_config('lock_timeout', '${lockMs}', true)`;
}

/** pg answers a text of several statements with a list, which its types do not say. */
function isResults(answer: unknown): answer is QueryArrayResult<(string | null)[]>[] {
  return Array.isArray(answer);
}

function toStored(row: readonly (string | null)[], columns: readonly SampledColumn[]): StoredValue {
  return Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null]));
}
