// Every statement that src/database sends, as a server would receive it: whoever changes one sees in the snapshots what becomes
// of it, and in which order they go out. What they do is tested on PostgreSQL.
import { Client, Pool, type QueryResult } from 'pg';
import { describe, expect, it } from 'vitest';
import { waitForDisk } from '../../../src/database/barrier.ts';
import { createCompareAndSwap } from '../../../src/database/compare-and-swap.ts';
import { type Connector, inspectSession } from '../../../src/database/connection.ts';
import { countKeyIds } from '../../../src/database/key-ids.ts';
import { withRotationLock } from '../../../src/database/lock.ts';
import type { LockMode, LockNumbers } from '../../../src/database/lock-numbers.ts';
import { createPageReader, type PageReader } from '../../../src/database/pages.ts';
import { scanTable } from '../../../src/database/scan.ts';
import { readShareChecks, recordShareCheck } from '../../../src/database/share-checks.ts';
import { inspectField, type Table } from '../../../src/database/table.ts';
import { defaultField } from '../../support/table/default-field.ts';
import { settingsOf } from '../../support/tool/settings.ts';

const settings = settingsOf('postgresql://app:hunter2@db.example.com/app');

/** Which rows the server answers with, by what the statement contains; none for any other. */
type Answers = readonly (readonly [part: string, ...rows: object[][]])[];

/** A server that writes down what it is sent. Each answer is given once, but the last again and again. */
function createServer(answers: Answers) {
  const sent: string[] = [];
  const left = new Map(answers.map(([part, ...rows]) => [part, rows]));

  async function query(statement: string | { readonly text: string; readonly name?: string }, values?: readonly unknown[]) {
    const { text, name } = typeof statement === 'string' ? { text: statement } : statement;
    const given = typeof statement === 'string' ? values : Reflect.get(statement, 'values');
    sent.push([...(name === undefined ? [] : [`-- prepared as ${name}`]), text.trim(), ...shown(given)].join('\n'));
    const rows = [...left].find(([part]) => text.includes(part))?.[1] ?? [];
    const answer = (rows.length > 1 ? rows.shift() : rows[0]) ?? [];
    return { rows: answer, rowCount: answer.length, command: '', oid: 0, fields: [] } satisfies QueryResult;
  }

  const client = () => Object.assign(new Client(), { query, connect: async () => {}, end: async () => {}, release: () => {} });
  const pool = Object.assign(new Pool(), { query, connect: async () => client() });
  const connector: Connector = { client, pool: () => pool, destroy: () => {} };
  return { pool, connector, sent: () => sent.join(';\n\n') };
}

function shown(values: unknown): string[] {
  return Array.isArray(values) && values.length > 0 ? [`-- ${JSON.stringify(values)}`] : [];
}

const lock = (objectId: number) => ({ classId: 1, objectId, sql: `'1'::pg_catalog.int4, '${objectId}'::pg_catalog.int4` });
const numbers: LockNumbers = { run: lock(10), writes: lock(20), owner: lock(30), writers: 1 };

const textColumn = (field: string, sql: string) => ({
  ...{ field, sql, type: 'text' as const },
  written: true,
  isKeyId: false,
  mayBeNull: false,
});

const table: Table = {
  oid: 16385,
  name: '"public"."user_api_keys"',
  id: '"id"',
  ...{ idType: '"pg_catalog"."text"', idCollation: ' COLLATE pg_catalog."C"' },
  values: ['iv', 'content', 'tag'].map((name) => textColumn(name, `"${name}"`)),
  ...{ label: 'public.user_api_keys', kept: [], isStandby: false, sideEffects: [] },
};
const uuids: Table = { ...table, idType: '"pg_catalog"."uuid"', idCollation: '' };
/** Names that only quoting makes harmless. */
const named: Table = {
  ...table,
  name: '"my ""schema"""."Keys; --"',
  id: '"Id"',
  values: ['iv', 'content', 'tag'].map((name) => textColumn(name, `"the ${name}"`)),
};

/** The same with a column for the id of the key. */
function keyed(of: Table): Table {
  return { ...of, values: [...of.values, { ...textColumn('keyId', '"key id"'), isKeyId: true }] };
}

const value = (digit: string) => ({ iv: digit.repeat(4), content: digit.repeat(2), tag: digit.repeat(4) });
const swap = (id: string) => ({ id, before: value('a'), after: value('b') });
const BEGUN = { same: true, locked: true, row_security: false, role: 'app', parts: '16385', whole: true };
const WRITER = {
  ...{ transaction: '3/7', pid: 4711, gid: null, role: 'app', address: '10.0.0.5', seconds: 90, waits_for_standby: false },
  blockers: [],
};

describe('the statements that write', () => {
  it.each<[title: string, of: Table, mayPrepare: boolean]>([
    ['ids of type text, if statements may be prepared', table, true],
    ['ids of type uuid, behind a pooler', uuids, false],
    ['names that have to be quoted', named, false],
  ])('for %s', async (_title, of, mayPrepare) => {
    const server = createServer([['UPDATE', [{ alive: true, id: '1' }]]]);
    const compareAndSwap = createCompareAndSwap(server.pool, of, numbers, mayPrepare);
    await compareAndSwap([swap('1')]);
    await compareAndSwap([swap('1'), swap('2')]);
    expect(server.sent()).toMatchSnapshot();
  });

  it('and the one that waits for the disk', async () => {
    const server = createServer([]);
    await waitForDisk(server.pool, settings);
    expect(server.sent()).toMatchSnapshot();
  });
});

describe('the statements that read', () => {
  it.each<[title: string, of: Table]>([
    ['ids of type text', table],
    ['names that have to be quoted', named],
  ])('every row, for %s', async (_title, of) => {
    const row = { 0: '1', 1: 'aa', 2: 'bb', 3: 'cc', [Symbol.iterator]: Array.prototype[Symbol.iterator], length: 4 };
    const server = createServer([
      ['same', [BEGUN]],
      ['count(*)', [{ rows: '1', largest: '70' }]],
      ['FETCH', [row], []],
    ]);
    const ids: string[] = [];
    await scanTable(
      ...([server.pool, of, numbers] as const),
      (query) => query(),
      new AbortController().signal,
      async ({ pages }) => {
        for await (const page of pages) ids.push(...page.map(({ id }) => id));
      },
    );
    expect(ids).toEqual(['1']);
    expect(server.sent()).toMatchSnapshot();
  });

  it('the description of the table, and of one with child tables whether an id stands there twice', async () => {
    const column = (name: string) => ({
      ...{
        name,
        type: 'text',
        qualified_type: 'pg_catalog.text',
        base_type: 'text',
        max_characters: null,
        is_generated: false,
        not_null: true,
        is_unique: true,
      },
      ...{ may_select: true, may_update: true },
    });
    const description = {
      ...{ oid: '16385', is_table: true, parent: null, has_child_tables: true, row_security: false, is_standby: false },
      ...{ read_only: false, role: 'app', may_wait_for_disk: true, update_triggers: [], update_rules: [] },
      columns: ['id', 'iv', 'content', 'tag'].map(column),
    };
    const server = createServer([['relkind', [description]]]);
    await inspectField(server.pool, defaultField, settings, 'write');
    expect(server.sent()).toMatchSnapshot();
  });

  it.each<[title: string, of: Table]>([
    ['the default names', keyed(table)],
    ['names that have to be quoted', keyed(named)],
  ])('how many rows name each key, for %s', async (_title, of) => {
    const server = createServer([['GROUP BY', [{ fingerprint: null, rows: '2' }]]]);
    expect(await countKeyIds(server.pool, of, settings)).toEqual(new Map([[null, 2]]));
    expect(server.sent()).toMatchSnapshot();
  });

  it('whether the server itself answers, and not a pooler', async () => {
    const server = createServer([]);
    await inspectSession(server.pool);
    expect(server.sent()).toMatchSnapshot();
  });
});

describe('the statements that read pages', () => {
  it.each<[title: string, read: (reader: PageReader) => Promise<unknown>]>([
    ['the first page', (reader) => reader.readPage(null, 500)],
    ['a page', (reader) => reader.readPage('row-1', 500)],
    ['named rows', (reader) => reader.readRows(['row-1', 'row-2'])],
  ])('that read %s', async (_title, read) => {
    const server = createServer([]);
    expect(await read(createPageReader(server.pool, table))).toEqual([]);
    expect(server.sent()).toMatchSnapshot();
  });
});

describe('the statements about escrow shares', () => {
  const known = { fingerprint: '0'.repeat(16), split_id: '1'.repeat(32), threshold: 2, total: 3, checked: '1' };
  const checks = { ...known, last_checked_at: new Date(0) };
  const share = { fingerprint: known.fingerprint, splitId: known.split_id, number: 3, threshold: 2, total: 3 };
  const author = { operator: 'me', host: 'here', runId: 'run', reason: null };
  const columns = ['fingerprint', 'split_id', 'number', 'threshold', 'total', 'checked_at'];
  const table = { is_there: true, may_read: true, columns };

  it('that record a check', async () => {
    const server = createServer([
      ['is_there', [table]],
      ['max(checked_at)', [checks]],
    ]);
    const registry = { ...{ label: '', mayRead: true, mayInsert: true, mayUpdate: true }, missingColumn: null };
    const whole = { ...registry, name: '"public"."encryption_keys"', entries: new Map(), readAt: new Date(0) };
    await recordShareCheck(server.pool, whole, settings, author, share);
    expect(server.sent()).toMatchSnapshot();
  });

  it('that read them', async () => {
    const server = createServer([
      ['is_there', [table]],
      ['max(checked_at)', [checks]],
    ]);
    expect(await readShareChecks(server.pool, settings)).toEqual([{ ...checks, checked: 1 }]);
    expect(server.sent()).toMatchSnapshot();
  });
});

describe('the statements of the lock', () => {
  const take = (connector: Connector, mode: LockMode) =>
    withRotationLock(connector, settings, [{ table, numbers }], mode, async () => 'worked');

  it.each<LockMode>(['exclusive', 'shared', 'none'])('that take it: %s', async (mode) => {
    const server = createServer([
      ['AS locked', [{ locked: true }]],
      ['AS free', [{ free: true }]],
    ]);
    expect(await take(server.connector, mode)).toBe('worked');
    expect(server.sent()).toMatchSnapshot();
  });

  it('that find out who has it', async () => {
    const server = createServer([
      ['AS locked', [{ locked: false }]],
      ['pg_locks', [WRITER]],
    ]);
    await expect(take(server.connector, 'exclusive')).rejects.toThrow('pid 4711 of role app');
    expect(server.sent()).toMatchSnapshot();
  });
});
