import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decrypt, encrypt, insertKeys, newKey } from '../support/application/application.ts';
import { startProxy } from '../support/server/proxy.ts';
import { expectAllUnder, fillTable, readTable, useDatabase } from '../support/table/database.ts';
import { somebodyWaits, whileHolding } from '../support/table/row-lock.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import { runTool, startTool, workFolder } from '../support/tool/run-tool.ts';
import { lineSeen } from '../support/tool/wait-for-output.ts';

const ROWS = 400;
/** Rows that are rotated before the one that a signal meets. */
const HALF = ROWS / 2;
const database = useDatabase();
const oldKey = secret(newKey());
const freshKey = secret(newKey());
const env = { OLD_ENCRYPTION_KEY: oldKey, NEW_ENCRYPTION_KEY: freshKey, DATABASE_URL: database.url };

/** @returns the number of the first message that comes to a run from the server on the connection of its lock */
async function messagesBeforeLock(): Promise<number> {
  const proxy = await startProxy(database.url);
  await runHere(['--dry-run'], { ...env, DATABASE_URL: proxy.url });
  await proxy.close();
  const opened = proxy.messages.filter(({ type }) => type === 'startup').map(({ connection }) => connection);
  return 1 + proxy.messages.findIndex(({ from, connection }) => from === 'server' && connection === opened[1]);
}

describe('a signal', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)(
    '%s stops the run after the write in hand with exit code %i, and the same command finishes it',
    async (signal, code) => {
      const plaintexts = await fillTable(database, oldKey, ROWS);
      const inHand = [...plaintexts.keys()].sort()[HALF];
      const tool = startTool([], env);
      await whileHolding(database, inHand ?? '', async (release) => {
        await somebodyWaits(database);
        tool.child.kill(signal);
        await lineSeen(tool, /finishing the current write/u);
        await release();
      });
      const stopped = await tool.end;

      expect(stopped.code).toBe(code);
      const rotated = (await readTable(database)).filter((row) => decrypt(freshKey, row) !== null).length;
      expect(rotated).toBe(HALF + 1);
      expect(stopped.stdout).toContain(`stopped by ${signal}`);
      expect(stopped.stdout).toContain(`${rotated} rows under the new key, ${ROWS - rotated} still under the old key`);
      expect(stopped.stderr).toContain('hint: run the same command again: it continues where it stopped');

      const again = await runHere(['--json', '--batch-size', '500'], env);
      expect(again.code).toBe(0);
      expect(JSON.parse(again.stdout)).toMatchObject({ fields: [{ rotated: ROWS - rotated }] });
      expectAllUnder(freshKey, await readTable(database), plaintexts);
    },
  );

  it.each([
    ['checks the table', 'pg_trigger'],
    ['counts the rows', 'user_api_keys'],
  ])('ends a run at once that waits for a lock while it %s, and has written nothing', async (_title, table) => {
    await fillTable(database, oldKey, 5);
    const before = await readTable(database);
    const blocker = await database.pool.connect();
    await blocker.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    const tool = startTool([], env);
    await somebodyWaits(database);
    tool.child.kill('SIGTERM');
    const { code, stdout } = await tool.end;
    await blocker.query('ROLLBACK');
    blocker.release();
    expect(code).toBe(143);
    expect(stdout).toContain('nothing was written');
    expect(await readTable(database)).toEqual(before);
  });

  it('ends a run at once while it waits for the lock', async () => {
    await fillTable(database, oldKey, 5);
    const before = await readTable(database);
    const proxy = await startProxy(database.url, { fault: 'stall of one connection', at: await messagesBeforeLock() });
    const tool = startTool([], { ...env, DATABASE_URL: proxy.url });
    while (proxy.struck() === null) await new Promise((resolve) => setImmediate(resolve));
    tool.child.kill('SIGTERM');
    const { code, stdout } = await tool.end;
    await proxy.close();
    expect(code).toBe(143);
    expect(stdout).toContain('nothing was written');
    expect(await readTable(database)).toEqual(before);
  });

  it('ends the process at once if it is the second, even during a write', async () => {
    const [id = ''] = [...(await fillTable(database, oldKey, 5)).keys()].sort();
    await whileHolding(database, id, async () => {
      const tool = startTool([], env);
      await somebodyWaits(database);
      tool.child.kill('SIGINT');
      const again = setInterval(() => tool.child.kill('SIGTERM'), 20);
      const { code, signal } = await tool.end;
      clearInterval(again);
      expect({ code, signal }).toEqual({ code: 143, signal: null });
    });
  });
});

describe('one rotation at a time', () => {
  it('refuses a second rotation, even a dry run, with exit code 5, and allows it afterwards', async () => {
    const [id = ''] = [...(await fillTable(database, oldKey, 5)).keys()].sort();
    const first = startTool([], env);
    const [second, rehearsal] = await whileHolding(database, id, async (release) => {
      await somebodyWaits(database);
      const refusals = await Promise.all([runTool([], env), runTool(['--dry-run'], env)]);
      await release();
      return refusals;
    });

    for (const refused of [second, rehearsal]) {
      expect(refused.code).toBe(5);
      expect(refused.stderr).toContain('error: another rotation or verification of public.user_api_keys is running (pid ');
      expect(refused.stdout).toContain('nothing was written');
    }
    expect((await first.end).code).toBe(0);
    expect((await runHere([], env)).code).toBe(0);
  });
});

describe('verification', () => {
  it('repeats for rows that were written with the old key, and exits 6 if they keep coming', async () => {
    await fillTable(database, oldKey, 3);
    // An application that still writes with the old key, at every write of the tool: each swap brings a new old-key row.
    const value = encrypt(oldKey, 'written by a service that still has the old key');
    await insertKeys(database.pool, [value]);
    await database.pool.query(`
      CREATE FUNCTION keep_writing() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE user_api_keys SET iv = '${value.iv}', content = '${value.content}', tag = '${value.tag}'
         WHERE id = (SELECT id FROM user_api_keys ORDER BY id LIMIT 1) AND id <> NEW.id;
        RETURN NULL;
      END $$;
      CREATE TRIGGER keep_writing AFTER UPDATE ON user_api_keys FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION keep_writing();
      CREATE FUNCTION spread() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE user_api_keys SET iv = '${value.iv}', content = '${value.content}', tag = '${value.tag}'
         WHERE id = (SELECT id FROM user_api_keys ORDER BY id DESC LIMIT 1) AND id <> NEW.id;
        RETURN NULL;
      END $$;
      CREATE TRIGGER spread AFTER UPDATE ON user_api_keys FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION spread()`);

    const { code, stdout, stderr } = await runTool([], env);
    await database.pool.query('DROP FUNCTION keep_writing CASCADE; DROP FUNCTION spread CASCADE');

    expect(code).toBe(6);
    expect(stderr.match(/verify: /gu)?.length).toBe(3);
    expect(stdout).toContain('written with the old key during the rotation');
    expect(stdout).toContain('1. keep the old key');
    expect(stdout).toContain('a service still writes with the old key');
    expect((await runHere([], env)).code).toBe(0);
  });
});

describe('a bug in the tool', () => {
  it('ends with exit code 1, without the message of the error', async () => {
    await fillTable(database, oldKey, 3);
    const before = await readTable(database);
    const preload = path.join(workFolder, 'bug.mjs');
    const message = secret('a message that quotes a plaintext');
    writeFileSync(
      preload,
      `import crypto from 'node:crypto'; import { syncBuiltinESMExports } from 'node:module';
       const { createHmac } = crypto;
       crypto.createHmac = (name, key) => { if (new Error().stack.includes('digest')) throw new TypeError('${message}'); return createHmac(name, key); };
       syncBuiltinESMExports();`,
    );
    const { code, stdout, stderr } = await runTool([], { ...env, NODE_OPTIONS: `--import ${pathToFileURL(preload).href}` });
    expect(stdout).toContain('a bug in the tool: TypeError at ');
    expect(stderr).toContain('error: a bug in the tool: TypeError at ');
    expect(code).toBe(1);
    expect(await readTable(database)).toEqual(before);
  });
});
