import { Client } from 'pg';
import type { TestDatabase } from '../table/database.ts';
import type { Keys } from '../table/witness.ts';
import { secret } from '../tool/known-secrets.ts';
import { SeededRandom } from '../vitest/random.ts';
import { decrypt, encrypt, insertKeys, providerKey } from './application.ts';

/** What a writer does, again and again. */
export type Habit = 'replace' | 'insert and delete';

export interface Writer {
  /** How many writes it has made so far. */
  writes(): number;
  /** The rows that, when it came back to them, no longer held what it had written last. */
  overwritten(): readonly string[];
  /** Lets it finish the write in hand. @returns what its rows must now hold, by id; a deleted row is not in it */
  stop(): Promise<ReadonlyMap<string, string>>;
}

/**
 * A part of the application that goes on writing while the key is rotated, by plain statements by id on a connection of its own.
 * It alone writes its rows, so what it wrote last is what they must hold.
 *
 * @param owned - the rows that are its own from the start, with their plaintexts
 */
export async function startWriter(
  database: TestDatabase,
  keys: Keys,
  key: keyof Keys,
  habit: Habit,
  owned: ReadonlyMap<string, string>,
  seed: number,
): Promise<Writer> {
  const client = new Client(database.url);
  await client.connect();
  const random = new SeededRandom(seed);
  const rows = new Map(owned);
  let writes = 0;
  let stopped = false;
  const overwritten: string[] = [];

  /** Picks one of its rows, and looks whether it still holds what was written to it last. */
  async function pick(): Promise<string | undefined> {
    const id = [...rows.keys()][random.below(rows.size)];
    if (id === undefined) return undefined;
    const found = await client.query('SELECT iv, content, tag FROM user_api_keys WHERE id = $1', [id]);
    const [row] = found.rows;
    const plaintext = row && (decrypt(keys.old, row) ?? decrypt(keys.new, row))?.toString();
    if (plaintext !== rows.get(id)) overwritten.push(id);
    return id;
  }

  async function replace(): Promise<void> {
    const id = await pick();
    if (id === undefined) return;
    const plaintext = secret(providerKey());
    const { iv, content, tag } = encrypt(keys[key], plaintext, random.pick(16, 12));
    await client.query('UPDATE user_api_keys SET iv = $2, content = $3, tag = $4 WHERE id = $1', [id, iv, content, tag]);
    rows.set(id, plaintext);
  }

  async function insert(): Promise<void> {
    const plaintext = secret(providerKey());
    const [id] = await insertKeys(client, [encrypt(keys[key], plaintext)]);
    if (id !== undefined) rows.set(id, plaintext);
  }

  async function remove(): Promise<void> {
    const id = await pick();
    if (id === undefined) return;
    await client.query('DELETE FROM user_api_keys WHERE id = $1', [id]);
    rows.delete(id);
  }

  async function work(): Promise<void> {
    for (; !stopped; writes += 1) {
      if (habit === 'replace') await replace();
      else await (random.below(2) === 0 ? insert() : remove());
    }
  }

  const working = work().finally(() => client.end());
  // Its failure is met at stop().
  working.catch(() => {});
  return {
    writes: () => writes,
    overwritten: () => overwritten,
    async stop() {
      stopped = true;
      await working;
      return rows;
    },
  };
}
