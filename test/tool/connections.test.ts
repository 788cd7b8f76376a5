import { describe, expect, it } from 'vitest';
import { useDatabase } from '../support/table/database.ts';
import { somebodyWaits, whileHolding } from '../support/table/row-lock.ts';
import { count, environment, expectIntact, newKeys, plant } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';

const database = useDatabase();
const keys = newKeys();
const env = environment(keys, database.url);
const LATER = /later rows that were written over other connections: ([^\n]+)/u;

/** The trigger refuses one row, once the test lets go of this lock. */
const GATE = 4711;
/** No more rows are behind the one that is refused, at place 5, than the message names. */
const ROWS = 25;

describe('a row that the database refuses while other connections write', () => {
  it.each([
    { connections: 2, held: [9] },
    { connections: 4, held: [9, 12, 15] },
  ])('is named, and so is each later row that was written: --connections $connections', async (given) => {
    const { connections, held } = given;
    const planted = await plant(database, keys, ROWS);
    const ids = [...planted.plaintexts.keys()].sort();
    const idsOf = (...places: number[]) => places.map((place) => ids[place] ?? '');
    const [refused = ''] = idsOf(5);
    await database.pool.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.id = '${refused}' THEN
          PERFORM pg_advisory_xact_lock(${GATE});
          RAISE EXCEPTION 'not this one';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON user_api_keys FOR EACH ROW EXECUTE FUNCTION refuse()`);
    const args = ['--connections', String(connections)];

    const run = await whileHolding(database, idsOf(held[0] ?? 0)[0] ?? '', async (release, holder) => {
      await holder.query('SELECT FROM user_api_keys WHERE id = ANY ($1) FOR UPDATE', [idsOf(...held)]);
      const gate = await database.pool.connect();
      await gate.query('SELECT pg_advisory_lock($1)', [GATE]);
      const running = runHere(args, env);
      await somebodyWaits(database, connections);
      await gate.query('SELECT pg_advisory_unlock($1)', [GATE]);
      gate.release();
      await release();
      return running;
    });
    await database.pool.query('DROP FUNCTION refuse CASCADE');

    expect(run.code, run.stderr).toBe(4);
    expect(run.stdout).toContain(`row ${refused} was read again: it was not written\n`);
    const whereabouts = await expectIntact(database, keys, planted);
    const written = ids.filter((id) => whereabouts.get(id) === 'new');
    // All connections waited, so the rows between them had been written.
    const certain = ids.filter((_, place) => place !== 5 && place <= Math.max(...held));
    expect(written.slice(0, certain.length)).toEqual(certain);
    const named = LATER.exec(run.stdout)?.[1]
      ?.split(', ')
      .map((row) => row.replace('row ', ''));
    expect(named?.toSorted()).toEqual(written.slice(5));
    expect(run.stdout).toContain(`${written.length} rows under the new key, ${ROWS - written.length} still under the old key\n`);

    const again = await runHere(args, env);
    expect(again.code, again.stderr).toBe(0);
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
  });
});
