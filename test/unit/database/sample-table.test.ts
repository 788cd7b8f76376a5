import { describe, expect, it } from 'vitest';
import type { ListedTable } from '../../../src/database/list-tables.ts';
import type { SampleReader } from '../../../src/database/read-sample.ts';
import { sampleTable } from '../../../src/database/sample-table.ts';

const size = { rows: 2, pages: 4, statementMs: 1, lockMs: 1, totalMs: 1, rareMs: 1, attempts: 1 };
const secret = { name: 'secret', type: 'text', is_id: false, is_primary: false, is_null: false, may_select: true };
const table: ListedTable = { name: 't', row_security: false, parts: ['1'], blocks: 10, columns: [secret] };

/** @returns what was sampled, and the statements that asked for it */
async function sampleOf(given: Partial<ListedTable>, until = Number.POSITIVE_INFINITY) {
  const asked: string[] = [];
  const read: SampleReader = async (statements) => {
    asked.push(...statements);
    if (statements.some((sql) => sql.includes('TABLESAMPLE'))) return { kind: 'failed', reason: 'too long' };
    return { kind: 'rows', results: [[{ secret: 'a' }, { secret: 'b' }]] };
  };
  return { ...(await sampleTable(read, 'public', { ...table, ...given }, size, { rareMs: 1, until })), asked };
}

describe('a sample of a table', () => {
  it('keeps the rows of its beginning where those of pages here and there take too long', async () => {
    const { sample, notRead, asked } = await sampleOf({});
    expect(asked).toHaveLength(2);
    expect(sample?.rows).toEqual([{ secret: 'a' }, { secret: 'b' }]);
    expect(notRead).toEqual([]);
  });

  it('is only of its beginning where the table is very large', async () => {
    const { sample, asked } = await sampleOf({ blocks: 1_000_001 });
    expect(asked).toHaveLength(1);
    expect(sample?.rows).toHaveLength(2);
  });

  it('is not taken when no time is left, which only matters where there was something to read', async () => {
    const { sample, notRead, asked } = await sampleOf({}, 0);
    expect([sample, asked]).toEqual([null, []]);
    expect(notRead).toEqual([{ kind: 'unread', schema: 'public', table: 't', column: null, reason: 'no time left' }]);
    expect((await sampleOf({ columns: [{ ...secret, type: 'integer' }] }, 0)).notRead).toEqual([]);
  });
});
