import { describe, expect, it } from 'vitest';
import { kindOf, sqlToBegin, sqlToFind, sqlToSample } from '../../../src/database/sample-sql.ts';
import type { SampledColumn } from '../../../src/discovery/sample.ts';

const columns: SampledColumn[] = [
  { name: 'note', kind: 'text' },
  { name: 'the "sealed"', kind: 'bytes' },
  { name: 'config', kind: 'json' },
];
const [note = { name: '', kind: 'text' }] = columns;
const size = { rows: 10, pages: 4, statementMs: 1, rareMs: 1, attempts: 1 };

describe('the SQL that reads a sample', () => {
  it('takes rows from the beginning, and leaves long cells in the database', () => {
    expect(sqlToBegin('"public"."t"', columns, 10)).toMatchInlineSnapshot(`
      "SELECT CASE WHEN octet_length("note") <= 16384 THEN "note" END, CASE WHEN octet_length("the ""sealed""") <= 16384 THEN encode("the ""sealed""", 'hex') END, CASE WHEN pg_column_size("config") > 16384 THEN NULL
                         WHEN octet_length("config"::text) <= 16384 THEN "config"::text END FROM "public"."t" LIMIT 10"
    `);
  });

  it('takes rows of some pages, whatever the partitions of the table are', () => {
    expect(sqlToSample('"public"."t"', ['16384', '16390'], [note], size)).toMatchInlineSnapshot(
      `"SELECT CASE WHEN octet_length("note") <= 16384 THEN "note" END FROM (SELECT "note" FROM "public"."t" TABLESAMPLE SYSTEM (least(100, 3276800 / greatest(1, (SELECT sum(pg_relation_size(part)) FROM unnest('{16384,16390}'::regclass[]) AS part)))) ORDER BY random() LIMIT 10) AS sampled"`,
    );
  });

  it('looks for a value where the sample has nulls only', () => {
    expect(sqlToFind('"public"."t"', note, [note], 10)).toMatchInlineSnapshot(
      `"SELECT CASE WHEN octet_length("note") <= 16384 THEN "note" END FROM "public"."t" WHERE CASE WHEN octet_length("note") <= 16384 THEN "note" END IS NOT NULL LIMIT 10"`,
    );
  });

  it.each([
    ['character varying', 'text'],
    ['character', 'text'],
    ['bytea', 'bytes'],
    ['jsonb', 'json'],
    ['uuid', null],
    ['text[]', null],
  ])('takes %s for %s', (type, kind) => {
    expect(kindOf(type)).toBe(kind);
  });
});
