import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { type Fault, startProxy } from '../support/server/proxy.ts';
import { enterKeys, entryOf, insertNamed, namedField, useRegistry } from '../support/table/registry.ts';
import { lockIsFree, newKeys } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';

const ALL = process.env['FAULTS'] === 'all';
const database = useRegistry();
const { pool, url } = database;
const keys = newKeys();
const OLD = fingerprintOf(keys.old);

const retire = (through: string) =>
  runHere(['retire', OLD, '--no-escrow'], { ENCRYPTION_KEYS: keys.new, DATABASE_URL: through }, false, [namedField]);

async function ready(): Promise<void> {
  await lockIsFree(database);
  await pool.query("UPDATE encryption_keys SET retired_at = NULL, unused_since = now() - interval '2 days'");
}

describe('retire, if the network is cut', () => {
  it.each<Fault>(['fin', 'rst'])(
    'never says that a key is retired if it is not, and can be run again: %s',
    { timeout: 600_000 },
    async (fault) => {
      await enterKeys(database, keys.old, keys.new);
      await insertNamed(database, keys.new, 3);
      await pool.query('ALTER TABLE user_api_keys ALTER COLUMN key_id SET NOT NULL');
      await ready();
      const whole = await startProxy(url);
      expect((await retire(whole.url)).code).toBe(0);
      await whole.close();
      const messages = whole.messages.length;
      // The end, where the key is retired, at every message.
      const places = Array.from({ length: messages }, (_, index) => index + 1).filter(
        (at) => ALL || at % 24 === 0 || at > messages - 10,
      );
      let done = 0;
      for (const at of places) {
        await ready();
        const proxy = await startProxy(url, { fault, at });
        const { code, stdout, stderr } = await retire(proxy.url);
        await proxy.close();
        expect([0, 4], stderr).toContain(code);
        await lockIsFree(database);
        const isRetired = (await entryOf(database, keys.old))?.['retired_at'] !== null;
        if (code === 0) expect(isRetired, `cut at message ${at}`).toBe(true);
        else expect(stdout, `cut at message ${at}`).not.toMatch(/is retired$/mu);
        done += code === 0 ? 1 : 0;
        expect((await retire(url)).code).toBe(0);
      }
      console.info(`${fault}: cut at ${places.length} of ${messages} messages, ${done} runs retired the key all the same`);
    },
  );
});
