import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { useRole } from '../support/application/application-role.ts';
import { readTable, useDatabase } from '../support/table/database.ts';
import { leaveWriteBehind, type Refusal, refusalOf } from '../support/table/late-write.ts';
import { nobodyWaits, whileHolding } from '../support/table/row-lock.ts';
import { count, environment, expectIntact, newKeys, type Planted, plant } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';
import { workFolder } from '../support/tool/run-tool.ts';

const ROWS = 5;
const database = useDatabase();
const keys = newKeys();
const env = environment(keys, database.url);
const superuser = new URL(database.url).username;
const application = useRole(database, keys);

/** The third row: two are rotated before it. */
function heldRow({ plaintexts }: Planted): string {
  return [...plaintexts.keys()].sort()[2] ?? '';
}

/** The server does not know the age of a transaction of a role with track_activities = off. */
function expectToNameTheWrite({ message, hint }: Refusal, role: string, age = ', for \\d+ s'): void {
  expect(message).toMatch(
    new RegExp(
      `^a write to public.user_api_keys from an earlier run is still pending on the server \\(pid \\d+ of role ${role}, from [\\da-f.:]+${age}\\)$`,
      'u',
    ),
  );
  expect(hint).toMatch(
    /^end the transaction that holds the row, if it may be ended \(pid \d+ of role \w+, from [\da-f.:]+, for \d+ s\): SELECT pg_terminate_backend\(\d+\); or end the write: SELECT pg_terminate_backend\(\d+\); then run/u,
  );
}

describe('a write that the server makes after the tool gave up waiting for it', () => {
  it('is not called "not written", and harms nothing', async () => {
    const planted = await plant(database, keys, ROWS);
    const [id = ''] = [...planted.plaintexts.keys()].sort();
    await whileHolding(database, id, async (release) => {
      const { code, stdout, stderr } = await runHere([], { ...env, DATABASE_STATEMENT_TIMEOUT_MS: '2000' });
      expect(code, stderr).toBe(4);
      expect(stderr).toContain('did not answer a statement within 2 s');
      await release();
      await nobodyWaits(database);
      const written = (await expectIntact(database, keys, planted)).get(id) === 'new';
      if (written) {
        expect(stdout).not.toMatch(/it was not written$/mu);
        expect(stdout).not.toContain('nothing was written');
      }
    });
    const again = await runHere([], env);
    expect(again.code, again.stderr).toBe(0);
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
  });

  it.each<[how: 'gave up' | 'was killed', command: readonly string[], batchSize: string, end: number]>([
    ['gave up', ['--rollback'], '1', 0],
    ['was killed', ['--rollback'], '500', 0],
    ['gave up', ['restore'], '1', 0],
    ['was killed', ['verify'], '1', 6],
    ['was killed', ['verify'], '500', 6],
  ])('keeps the next run out while it waits, if the tool %s (then %j, --batch-size %s)', async (how, command, batchSize, end) => {
    const planted = await plant(database, keys, ROWS);
    const backup = path.join(workFolder, `late-${how}-${command[0]}-${batchSize}`);
    const next = command[0] === 'restore' ? [...command, backup] : [...command];
    await whileHolding(database, heldRow(planted), async (release) => {
      await leaveWriteBehind(database, ['--backup', backup, '--batch-size', batchSize], env, how);
      const midway = await readTable(database);

      expectToNameTheWrite(await refusalOf(runHere(next, env)), superuser);

      expect(await readTable(database)).toEqual(midway);
      await release();
      await nobodyWaits(database);
    });
    const { code, stderr } = await runHere(next, env);
    expect(code, stderr).toBe(end);
    const whereabouts = await expectIntact(database, keys, planted);
    if (command[0] !== 'verify') expect(count(whereabouts, 'old')).toBe(ROWS);
    else expect(count(whereabouts, 'new')).toBe(3);
  });

  it.each(['on', 'off'])('is seen if it belongs to another role (track_activities = %s)', async (track) => {
    const planted = await plant(database, keys, ROWS);
    await database.pool.query(`${application.set} track_activities = ${track}`);
    await whileHolding(database, heldRow(planted), async () => {
      await leaveWriteBehind(database, [], application.env, 'was killed');
      for (const next of [['verify'], [], ['--dry-run']])
        expectToNameTheWrite(await refusalOf(runHere(next, env)), application.role, track === 'on' ? undefined : '');
    });
    await nobodyWaits(database);
    await database.pool.query(`${application.set} track_activities = on`);
  });

  it('is seen by a role that may see only its pid and its role', async () => {
    const planted = await plant(database, keys, ROWS);
    await whileHolding(database, heldRow(planted), async () => {
      await leaveWriteBehind(database, [], env, 'was killed');
      for (const next of [['verify'], []]) {
        const { message, hint } = await refusalOf(runHere(next, application.env));
        expect(message).toMatch(new RegExp(`is still pending on the server \\(pid \\d+ of role ${superuser}\\)$`, 'u'));
        expect(hint).toMatch(/or end the write: SELECT pg_terminate_backend\(\d+\); then run/u);
      }
    });
    await nobodyWaits(database);
  });
});

describe('the SQL that the refusal names', () => {
  it('ends the write: the next run is let in, though the row is still held', async () => {
    const planted = await plant(database, keys, ROWS);
    await whileHolding(database, heldRow(planted), async () => {
      await leaveWriteBehind(database, [], env, 'was killed');
      const { statements } = await refusalOf(runHere(['--dry-run'], env));
      await database.pool.query(statements[1] ?? '');
      await nobodyWaits(database);
      const { code, stdout, stderr } = await runHere(['--dry-run'], env);
      expect(code, stderr).toBe(0);
      expect(stdout).toContain(`a run would rotate ${ROWS - 2} rows`);
    });
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(2);
  });

  it('ends the transaction that holds the row: the write is done, and the next run is let in', async () => {
    const planted = await plant(database, keys, ROWS);
    await whileHolding(database, heldRow(planted), async () => {
      await leaveWriteBehind(database, [], env, 'was killed');
      const { statements } = await refusalOf(runHere([], env));
      await database.pool.query(statements[0] ?? '');
      await nobodyWaits(database);
      const { code, stderr } = await runHere([], env);
      expect(code, stderr).toBe(0);
    });
    expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
  });
});
