// An application that goes on working while a rotation runs beside it: it never waits for more than the batch in hand.
import { afterAll, afterEach, describe, expect, inject, it } from 'vitest';
import { Interrupted } from '../../src/report/exit-code.ts';
import { pgBouncerBinary, startPgBouncer } from '../support/server/pgbouncer.ts';
import { useDatabase } from '../support/table/database.ts';
import { endLockConnection, isInTheWay, somebodyWaits, whileHolding } from '../support/table/row-lock.ts';
import { count, environment, expectIntact, newKeys, type Planted, plant } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';

const ROWS = 120;
const database = useDatabase();
const keys = newKeys();
const bouncer = pgBouncerBinary === null ? null : startPgBouncer(pgBouncerBinary, inject('postgres').url, 4);
afterAll(async () => (await bouncer)?.stop());

type Way = 'directly' | 'behind PgBouncer';
const WAYS: readonly Way[] = bouncer === null ? ['directly'] : ['directly', 'behind PgBouncer'];

async function environmentOf(way: Way): Promise<Record<string, string>> {
  return environment(keys, way === 'directly' ? database.url : ((await bouncer)?.through(database.url) ?? ''));
}

/** In the order in which the tool writes them. */
const idsOf = ({ plaintexts }: Planted) => [...plaintexts.keys()].sort();

/** Takes the locks of all rows but one, or fails at the first that somebody has. */
async function takeAllBut(id: string): Promise<void> {
  const { rows } = await database.pool.query('SELECT FROM user_api_keys WHERE id <> $1 FOR UPDATE NOWAIT', [id]);
  expect(rows).toHaveLength(ROWS - 1);
}

describe.each(WAYS)('a run that reaches its database %s', (way) => {
  it.each([
    ['50', 0],
    ['50', 60],
    ['500', 60],
    ['500', ROWS - 1],
  ])(
    'keeps no row but the one that a long transaction of the application holds, and finishes after it (--batch-size %s, row %i)',
    async (size, position) => {
      const planted = await plant(database, keys, ROWS);
      const held = idsOf(planted)[position] ?? '';
      const env = await environmentOf(way);
      const { code, stderr } = await whileHolding(database, held, async (release) => {
        const run = runHere(['--batch-size', size], env);
        await somebodyWaits(database);
        await takeAllBut(held);
        const midway = await expectIntact(database, keys, planted);
        expect([...midway].flatMap(([id, under]) => (under === 'new' ? [id] : [])).sort()).toEqual(
          idsOf(planted).slice(0, position),
        );
        await release();
        return run;
      });
      expect(code, stderr).toBe(0);
      expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
    },
  );

  it('lets such a transaction go on to a row that the batch has written already: nobody is in a deadlock', async () => {
    const planted = await plant(database, keys, ROWS);
    const ids = idsOf(planted);
    const env = await environmentOf(way);
    const { code, stderr } = await whileHolding(database, ids[ROWS - 1] ?? '', async (release, application) => {
      const run = runHere(['--batch-size', '500'], env);
      await isInTheWay(application);
      await application.query('UPDATE user_api_keys SET is_active = is_active WHERE id = $1', [ids[0]]);
      await release();
      return run;
    });
    expect(code, stderr).toBe(0);
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
  });

  it.each(['1', '50'])('writes one batch in each transaction (--batch-size %s)', async (size) => {
    const planted = await plant(database, keys, ROWS);
    await database.pool.query(`
      CREATE TABLE noted (transaction xid8, rows int);
      CREATE OR REPLACE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO noted SELECT pg_current_xact_id(), count(*) FROM written; RETURN NULL;
      END $$;
      CREATE TRIGGER note AFTER UPDATE ON user_api_keys REFERENCING NEW TABLE AS written
        FOR EACH STATEMENT EXECUTE FUNCTION note()`);

    const { code, stderr } = await runHere(['--batch-size', size], await environmentOf(way));

    expect(code, stderr).toBe(0);
    const { rows } = await database.pool.query(
      'SELECT sum(rows)::int AS rows FROM noted GROUP BY transaction ORDER BY transaction',
    );
    expect(rows.map((each) => each.rows)).toEqual(size === '1' ? Array(ROWS).fill(1) : [50, 50, 20]);
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
  });
  afterEach(() => database.pool.query('DROP TRIGGER IF EXISTS note ON user_api_keys; DROP TABLE IF EXISTS noted'));

  it('writes no larger batch than --max-rows-per-second, and not the one that waits for its turn when the run is stopped', async () => {
    const planted = await plant(database, keys, ROWS);
    const stop = new AbortController();
    const args = ['--batch-size', '500', '--max-rows-per-second', '2'];
    const run = runHere(args, await environmentOf(way), false, undefined, stop.signal);
    const rotated = async () => count(await expectIntact(database, keys, planted), 'new');
    while ((await rotated()) < 4);
    stop.abort(new Interrupted('SIGTERM'));
    expect((await run).code).toBe(143);
    expect((await rotated()) % 2).toBe(0);
    expect(await rotated()).toBeLessThan(ROWS);
  });

  it('stops waiting for its turn when the lock is lost, and writes no more', async () => {
    const planted = await plant(database, keys, ROWS);
    const run = runHere(['--max-rows-per-second', '1'], await environmentOf(way));
    const rotated = async () => count(await expectIntact(database, keys, planted), 'new');
    while ((await rotated()) < 1);
    await endLockConnection(database);
    const { code, stderr } = await run;
    expect(code, stderr).toBe(4);
    expect(await rotated()).toBeLessThan(ROWS);
  });
});
