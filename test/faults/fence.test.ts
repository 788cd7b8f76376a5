import process from 'node:process';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { encrypt } from '../support/application/application.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { enterKeys, insertNamed, namedField, useRegistry } from '../support/table/registry.ts';
import { countBySequentialScan } from '../support/table/sequential-scan.ts';
import { newKeys } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';
import { SeededRandom } from '../support/vitest/random.ts';

const RACES = process.env['FAULTS'] === 'all' ? 1000 : 25;
const SEED = Number(process.env['FENCE_SEED'] ?? Date.now() % 1_000_000);
const ROWS = 20;
const WRITERS = 3;
const database = useRegistry();
const { pool, url } = database;
const keys = newKeys();
const [OLD, NEW] = [fingerprintOf(keys.old), fingerprintOf(keys.new)];
const env = { ENCRYPTION_KEYS: keys.new, DATABASE_URL: url };

/** A replica that still has the old key: somewhere in the race it writes one row, in a statement or in a transaction. */
interface Late {
  /** How many turns the race had. */
  readonly turns: number;
  readonly outcome: 'written' | 'refused';
}

/** How many turns the last race had: writers choose one of them, or one just behind. */
let lastRace = 400;

async function writeLate(client: Client, ids: readonly string[], random: SeededRandom, isOver: () => boolean): Promise<Late> {
  // The fence stands in the second half: before it, the tool starts and connects.
  const moment = Math.floor(lastRace / 2) + random.below(Math.ceil(lastRace * 0.6));
  let turns = 0;
  const turn = async () => {
    await client.query('SELECT 1');
    turns += 1;
  };
  while (turns < moment && !isOver()) await turn();
  const { iv, content, tag } = encrypt(keys.old, 'sk-late');
  const inTransaction = random.below(2) === 0;
  const id = ids[random.below(ids.length)];
  const write = {
    text: 'UPDATE user_api_keys SET iv = $2, content = $3, tag = $4, key_id = $5 WHERE id = $1',
    values: [id, iv, content, tag, OLD],
  };
  let outcome: Late['outcome'] = 'written';
  try {
    if (inTransaction) await client.query('BEGIN');
    await client.query(write);
    for (let waits = inTransaction ? random.below(20) : 0; waits > 0; waits -= 1) await turn();
    if (inTransaction) await client.query('COMMIT');
  } catch (error) {
    expect(error).toMatchObject({ code: '23503' });
    if (inTransaction) await client.query('ROLLBACK');
    outcome = 'refused';
  }
  while (!isOver()) await turn();
  return { turns, outcome };
}

describe('a race of retire against replicas that still have the old key', () => {
  it(`leaves no value under a retired key (${RACES} races, FENCE_SEED=${SEED})`, { timeout: 3_600_000 }, async () => {
    const random = new SeededRandom(SEED);
    const clients = Array.from({ length: WRITERS }, () => new Client(url));
    for (const client of clients) await client.connect();
    await enterKeys(database, keys.old, keys.new);
    const ids = await insertNamed(database, keys.new, ROWS);
    await pool.query('ALTER TABLE user_api_keys ALTER COLUMN key_id SET NOT NULL');
    const tally = { retired: 0, notYet: 0, written: 0, refused: 0 };
    for (let race = 1; race <= RACES; race += 1) {
      await pool.query("UPDATE encryption_keys SET retired_at = NULL, unused_since = now() - interval '1 day'");
      const { iv, content, tag } = encrypt(keys.new, 'sk-before');
      await pool.query('UPDATE user_api_keys SET iv = $1, content = $2, tag = $3, key_id = $4 WHERE key_id <> $4', [
        iv,
        content,
        tag,
        NEW,
      ]);
      let over = false;
      const racing = clients.map((client) => writeLate(client, ids, random, () => over));
      const { code, stderr } = await runHere(['retire', OLD, '--no-escrow'], env, false, [namedField]);
      over = true;
      const late = await Promise.all(racing);
      lastRace = Math.max(...late.map(({ turns }) => turns));
      expect([0, 7], stderr).toContain(code);
      const retired = code === 0;
      const { rows } = await pool.query('SELECT retired_at IS NOT NULL AS retired FROM encryption_keys WHERE fingerprint = $1', [
        OLD,
      ]);
      expect(rows).toEqual([{ retired }]);
      const counts = await countBySequentialScan(url, 'user_api_keys', keys);
      if (retired) expect(counts, `race ${race}`).toEqual({ old: 0, new: ROWS, neither: 0 });
      tally[retired ? 'retired' : 'notYet'] += 1;
      for (const { outcome } of late) tally[outcome] += 1;
    }
    for (const client of clients) await client.end();
    console.info(
      `${RACES} races: ${tally.retired} retired, ${tally.notYet} not yet, ${tally.refused} writes refused, ${tally.written} written before; no value under a retired key`,
    );
    expect(tally.retired * tally.notYet * tally.refused).toBeGreaterThan(0);
  });
});
