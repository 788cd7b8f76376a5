import { Pool } from 'pg';
import { expect, it } from 'vitest';
import { createCompareAndSwap } from '../../../src/database/compare-and-swap.ts';
import type { Table } from '../../../src/database/table.ts';

const lock = { classId: 1, objectId: 2, sql: '1, 2' };
const table: Table = {
  ...{ oid: 16385, name: 'keys', id: 'id', idType: 'text', idCollation: '', label: 'public.keys', kept: [] },
  values: [{ field: 'iv', sql: 'iv', type: 'text', written: true, isKeyId: false, mayBeNull: false }],
  ...{ isStandby: false, sideEffects: [] },
};
const swap = (id: string) => ({ id, before: { iv: 'aa' }, after: { iv: 'bb' } });
const ONE = [swap('1')];
const TWO = [swap('1'), swap('2')];

/** What becomes of a write that the server refuses with an SQLSTATE. */
async function refusedWith(code: string, swaps: typeof ONE): Promise<unknown> {
  const error = Object.assign(new Error('refused'), { code });
  const pool = Object.assign(new Pool(), { query: () => Promise.reject(error) });
  const numbers = { run: lock, writes: lock, owner: lock, writers: 1 };
  const answer = await createCompareAndSwap(pool, table, numbers, true)(swaps).catch((reason: unknown) => reason);
  return answer === error ? 'an error' : answer;
}

it.each([
  ['40001', 'a serialization failure', new Set(), 'blocked'],
  ['40P01', 'a deadlock', new Set(), 'blocked'],
  ['55P03', 'the end of lock_timeout', 'an error', 'blocked'],
  ['42501', 'any other', 'an error', 'an error'],
  ['40003', 'one that may have had an effect', 'an error', 'an error'],
])('%s, %s, is taken as %o for one row, and as %o for several', async (code, _title, forOne, forMany) => {
  expect(await refusedWith(code, ONE)).toEqual(forOne);
  expect(await refusedWith(code, TWO)).toEqual(forMany);
});
