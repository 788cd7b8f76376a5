import type { Pool } from 'pg';
import { expect } from 'vitest';
import { fingerprintOf } from '../keys/fingerprint.ts';
import { secret } from '../tool/known-secrets.ts';
import { decrypt, encrypt, providerKey } from './application.ts';

/** A process of an application that reads ENCRYPTION_KEYS: the first key encrypts, all decrypt. Hex keys, and nothing from src/. */
export class Replica {
  readonly #pool: Pool;
  readonly #keys: readonly string[];

  /** @param value - of ENCRYPTION_KEYS */
  constructor(pool: Pool, value: string) {
    this.#pool = pool;
    this.#keys = value.split(/\s+/u).filter((key) => key !== '');
  }

  /** Stores a plaintext for a new user. @returns its row's id */
  async create(plaintext: string): Promise<string> {
    const { rows } = await this.#pool.query(
      `WITH new_user AS (INSERT INTO users (email) VALUES (gen_random_uuid() || '@example.com') RETURNING id)
       INSERT INTO user_api_keys (user_id, provider, iv, content, tag, key_id) SELECT id, 'openrouter', $1, $2, $3, $4 FROM new_user
       RETURNING id`,
      this.#encrypted(plaintext),
    );
    return String(rows[0].id);
  }

  async replace(id: string, plaintext: string): Promise<void> {
    const values = [...this.#encrypted(plaintext), id];
    await this.#pool.query('UPDATE user_api_keys SET iv = $1, content = $2, tag = $3, key_id = $4 WHERE id = $5', values);
  }

  /** @returns the plaintexts by id; undefined for a value that none of its keys decrypts */
  async readAll(): Promise<Map<string, string | undefined>> {
    const { rows } = await this.#pool.query('SELECT id, iv, content, tag FROM user_api_keys WHERE content IS NOT NULL');
    const opened = rows.map(
      (row) => [String(row.id), this.#keys.map((key) => decrypt(key, row)).find((text) => text !== null)] as const,
    );
    return new Map(opened.map(([id, text]) => [id, text?.toString()]));
  }

  #encrypted(plaintext: string): string[] {
    const [first = ''] = this.#keys;
    const { iv, content, tag } = encrypt(first, plaintext);
    return [iv, content, tag, fingerprintOf(first)];
  }
}

/** The processes of an application behind one port, and what they have stored. */
export class Fleet {
  readonly #pool: Pool;
  readonly #stored = new Map<string, string>();
  #replicas: readonly Replica[] = [];

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Starts with, or replaces by, processes with this value, one by one; before and after each, every process writes and reads. */
  async rollOut(value: string, processes = 3): Promise<void> {
    const before = this.#replicas;
    for (let started = 1; started <= processes; started += 1) {
      const fresh = Array.from({ length: started }, () => new Replica(this.#pool, value));
      this.#replicas = [...before.slice(started), ...fresh];
      await this.work();
    }
  }

  /** Every process creates a row and replaces the one that was stored last, so that older ones stay; then every process reads all rows. */
  async work(): Promise<void> {
    for (const replica of this.#replicas) {
      const [text, replacement] = [secret(providerKey()), secret(providerKey())];
      const last = [...this.#stored.keys()].at(-1);
      this.#stored.set(await replica.create(text), text);
      if (last === undefined) continue;
      await replica.replace(last, replacement);
      this.#stored.set(last, replacement);
    }
    for (const replica of this.#replicas) expect(await replica.readAll()).toEqual(this.#stored);
  }
}
