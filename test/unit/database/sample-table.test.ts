import { describe, expect, it } from 'vitest';
import type { ListedTable } from '../../../src/database/list-tables.ts';
import type { SampleReader } from '../../../src/database/read-sample.ts';
import { sampleTable } from '../../../src/database/sample-table.ts';

const size = { rows: 2, pages: 4, statementMs: 1, lockMs: 1, totalMs: 1, rareMs: 1, otherTypes: true, attempts: 1 };
const secret = {
  ...{ name: 'secret', type: 'text', may_select: true },
  ...{ is_id: false, is_primary: false, is_inherited: false, is_generated: false, is_null: false },
};
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

  it('has no column that is generated from others, or read through a parent', async () => {
    const { asked } = await sampleOf({ columns: [{ ...secret, is_generated: true }] });
    expect(asked).toEqual([]);
    const both = [secret, { ...secret, name: 'inherited', is_inherited: true }];
    expect((await sampleOf({ columns: both })).sample?.columns.map(({ name }) => name)).toEqual(['secret']);
  });

  it('says which columns are of a type that is not read, though they may hold text', async () => {
    const types = ['text', 'text[]', 'public.citext', 'integer[]', 'xml', 'uuid'];
    const { notRead } = await sampleOf({ columns: types.map((type, index) => ({ ...secret, name: `c${index}`, type })) });
    expect(notRead.filter(({ kind }) => kind === 'unread').map(({ column, reason }) => [column, reason])).toEqual([
      ['c1', 'it is of type text[]'],
      ['c2', 'it is of type public.citext'],
      ['c4', 'it is of type xml'],
    ]);
  });

  it('is not taken when no time is left, which only matters where there was something to read', async () => {
    const { sample, notRead, asked } = await sampleOf({}, 0);
    expect([sample, asked]).toEqual([null, []]);
    expect(notRead).toEqual([{ kind: 'unread', schema: 'public', table: 't', column: null, reason: 'no time left' }]);
    expect((await sampleOf({ columns: [{ ...secret, type: 'integer' }] }, 0)).notRead).toEqual([]);
  });
});
