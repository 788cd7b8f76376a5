import { Client } from 'pg';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { type PgBouncer, pgBouncerBinary, startPgBouncer } from '../support/server/pgbouncer.ts';
import { readTable, useDatabase } from '../support/table/database.ts';
import { leaveWriteBehind, refusalOf, writesHaveEnded } from '../support/table/late-write.ts';
import { endLockConnection, somebodyWaits, whileHolding } from '../support/table/row-lock.ts';
import { count, environment, expectIntact, lockIsFree, newKeys, type Planted, plant } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';
import { startTool } from '../support/tool/run-tool.ts';
import { lineSeen } from '../support/tool/wait-for-output.ts';

const ROWS = 20;
const database = useDatabase();
const keys = newKeys();
const direct = environment(keys, database.url);
let bouncer: PgBouncer | null = null;

if (pgBouncerBinary === null)
  console.log('pgbouncer: not on this machine (Debian: apt install pgbouncer), its tests are skipped');

async function behindPgBouncer(poolSize: number): Promise<{ bouncer: PgBouncer; env: Record<string, string> }> {
  bouncer = await startPgBouncer(pgBouncerBinary ?? '', inject('postgres').url, poolSize);
  return { bouncer, env: environment(keys, bouncer.through(database.url)) };
}

afterEach(async () => {
  await bouncer?.stop();
  bouncer = null;
});

function firstId({ plaintexts }: Planted): string {
  return [...plaintexts.keys()].sort()[0] ?? '';
}

describe.skipIf(pgBouncerBinary === null)('behind PgBouncer in transaction mode', () => {
  it.each([['1'], ['500']])('rotates and verifies (--batch-size %s)', async (batchSize) => {
    const planted = await plant(database, keys, ROWS);
    const { env } = await behindPgBouncer(3);
    const run = await runHere(['--batch-size', batchSize], env);
    expect(run.code, run.stderr).toBe(0);
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
    const verify = await runHere(['verify'], env);
    expect(verify.code, verify.stderr).toBe(0);
  });

  it('holds the lock: a second run is refused, whether it comes through PgBouncer or not', async () => {
    const planted = await plant(database, keys, ROWS);
    const { env } = await behindPgBouncer(8);
    await whileHolding(database, firstId(planted), async (release) => {
      const first = startTool([], env);
      await somebodyWaits(database);
      const others = await Promise.all([runHere([], env), runHere(['--rollback'], env), runHere([], direct)]);
      expect(others.map(({ code }) => code)).toEqual([5, 5, 5]);
      expect(await readTable(database)).toEqual(planted.before);
      await release();
      const { code, stderr } = await first.end;
      expect(code, stderr).toBe(0);
    });
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
  });

  it('does not mistake a write of the application for one that an earlier run left behind', async () => {
    const planted = await plant(database, keys, ROWS);
    const { env, bouncer: between } = await behindPgBouncer(2);
    // Its connections to the server keep the name that the tool's client gave them.
    expect((await runHere(['verify'], env)).code).toBe(6);
    const application = new Client(between.through(database.url));
    await application.connect();
    await application.query('BEGIN');
    await application.query('UPDATE user_api_keys SET is_active = is_active WHERE id = $1', [firstId(planted)]);
    const { code, stderr } = await runHere(['--dry-run'], direct);
    await application.query('ROLLBACK');
    await application.end();
    expect(code, stderr).toBe(0);
  });

  it.each([['1'], ['500']])(
    'keeps every run out while a write of a killed one waits on the server (--batch-size %s)',
    async (batchSize) => {
      const planted = await plant(database, keys, ROWS);
      const { env } = await behindPgBouncer(8);
      await whileHolding(database, firstId(planted), async () => {
        await leaveWriteBehind(database, ['--batch-size', batchSize], env, 'was killed');
        for (const [args, by] of [
          [['verify'], env],
          [[], env],
          [['verify'], direct],
        ] as const) {
          const { message, statements } = await refusalOf(runHere(args, by));
          expect(message).toContain('from an earlier run is still pending on the server');
          expect(statements).toHaveLength(2);
          // PgBouncer passes the end of a run on in its own time.
          await lockIsFree(database);
        }
        const { statements } = await refusalOf(runHere(['--rollback'], env));
        await lockIsFree(database);
        await database.pool.query(statements[1] ?? '');
        await writesHaveEnded(database);
        expect((await runHere(['--dry-run'], env)).code).toBe(0);
      });
      expect(await readTable(database)).toEqual(planted.before);
      expect((await runHere([], env)).code).toBe(0);
      expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
    },
  );

  it('stops after the current write when the lock is lost', async () => {
    const planted = await plant(database, keys, ROWS);
    const { env } = await behindPgBouncer(3);
    await whileHolding(database, firstId(planted), async (release) => {
      const tool = startTool([], env);
      await somebodyWaits(database);
      await endLockConnection(database);
      await release();
      const { code, stderr } = await tool.end;
      expect(code, stderr).toBe(4);
    });
    // PgBouncer passes the end on in its own time: a write that was begun before may come after.
    expect(count(await expectIntact(database, keys, planted), 'new')).toBeLessThan(ROWS);
    expect((await runHere([], env)).code).toBe(0);
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
  });

  it('exits 4 when PgBouncer dies, and the next run finishes', async () => {
    const planted = await plant(database, keys, 200);
    const { env, bouncer: dying } = await behindPgBouncer(3);
    const tool = startTool(['--verbose'], env);
    await lineSeen(tool, /Rotated key /u, 5);
    await dying.kill();
    const { code, stderr } = await tool.end;
    expect(code, stderr).toBe(4);
    await lockIsFree(database);
    await expectIntact(database, keys, planted);
    await dying.start();
    expect((await runHere([], env)).code).toBe(0);
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(200);
  });

  it('writes nothing and exits 4 within its limits when PgBouncer has no connection left for it', async () => {
    const planted = await plant(database, keys, ROWS);
    const { env } = await behindPgBouncer(1);
    const { code, stderr } = await runHere([], { ...env, DATABASE_STATEMENT_TIMEOUT_MS: '700' });
    expect(code, stderr).toBe(4);
    expect(stderr).toContain('did not answer a statement within 0.7 s');
    expect(await readTable(database)).toEqual(planted.before);
  });
});
