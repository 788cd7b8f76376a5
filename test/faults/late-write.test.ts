import { describe, expect, it, vi } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { nobodyWaits, whileHolding } from '../support/row-lock.ts';
import { runTool } from '../support/run-tool.ts';
import { count, environment, expectIntact, newKeys, plant } from '../support/witness.ts';

// Many processes on few cores take their time.
vi.setConfig({ testTimeout: 300_000 });

const ROWS = 5;
const database = useDatabase();
const keys = newKeys();
const env = environment(keys, database.url);

describe('a write that the server makes after the tool gave up waiting for it', () => {
  it('is not called "not written", and harms nothing', async () => {
    const planted = await plant(database, keys, ROWS);
    const [id = ''] = [...planted.plaintexts.keys()].sort();
    await whileHolding(database, id, async (release) => {
      const { code, stdout, stderr } = await runTool([], { ...env, DATABASE_STATEMENT_TIMEOUT_MS: '500' });
      expect(code, stderr).toBe(4);
      expect(stderr).toContain('did not answer a statement within 0.5 s');
      await release();
      await nobodyWaits(database);
      const written = (await expectIntact(database, keys, planted)).get(id) === 'new';
      if (written) {
        expect(stdout).not.toMatch(/it was not written$/mu);
        expect(stdout).not.toContain('nothing was written');
      }
    });
    const again = await runTool([], env);
    expect(again.code, again.stderr).toBe(0);
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
  });
});
