import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type OwnServer, startOwnServer } from '../support/server/own-server.ts';
import { endWaits, requireStandby } from '../support/server/require-standby.ts';
import { count, environment, expectIntact, newKeys, plant } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';

const ROWS = 20;
const keys = newKeys();
let own: OwnServer;
const env = () => ({ ...environment(keys, own.url), DATABASE_STATEMENT_TIMEOUT_MS: '1000' });

beforeAll(async () => {
  // The tests themselves do not wait for it; the tool, in its database, does.
  own = await startOwnServer(['synchronous_commit=local']);
  await own.connect().pool.query('ALTER DATABASE application SET synchronous_commit = on');
});

afterEach(() => requireStandby(own.connect(), ''));
afterAll(() => own.stop());

describe('a standby that every commit has to wait for, and that is not there', () => {
  it('makes a run that writes row by row end with 4 at the barrier: every row is rotated, and it says what it waited for', async () => {
    const planted = await plant(own.connect(), keys, ROWS);
    await requireStandby(own.connect(), 'nobody');
    const run = await runHere([], env());
    expect(run.code, run.stderr).toBe(4);
    expect(run.stdout).toMatch(
      /exit 4: \S+ did not confirm that all writes so far are on its disk, and on the standbys that commits wait for: no answer came within 1 s/u,
    );
    expect(run.stdout).toContain(`${ROWS} rows under the new key, 0 still under the old key\n`);
    expect(run.stdout).toContain(
      'the tool could not confirm that all of these rows are on the disk of the server: if that crashed, or crashes now, or a standby takes its place, the last of them may be under the old key again\n',
    );
    expect(run.stderr).toContain(
      'hint: if synchronous_standby_names lists a standby that is not connected, start it, or take it out',
    );
    expect(run.stdout).not.toContain('retire the old key');
    expect(count(await expectIntact(own.connect(), keys, planted), 'new')).toBe(ROWS);

    for (const args of [[], ['verify']]) {
      const again = await runHere(args, env());
      expect(again.code, again.stderr).toBe(4);
      expect(again.stdout).toContain('that commits wait for: no answer came within 1 s');
    }
    await requireStandby(own.connect(), '');
    const last = await runHere(['verify'], env());
    expect(last.code, last.stderr).toBe(0);
  });

  it('is not taken for done if somebody cancels the waiting for it, as often as it waits: PostgreSQL then says that the commit succeeded', async () => {
    const planted = await plant(own.connect(), keys, ROWS);
    await requireStandby(own.connect(), 'nobody');
    const running = runHere([], { ...env(), DATABASE_STATEMENT_TIMEOUT_MS: '30000' });
    const cancelled = await endWaits(own.connect(), running);
    const run = await running;
    expect(cancelled).toBeGreaterThan(0);
    expect(run.code, run.stdout).toBe(4);
    expect(run.stdout).toMatch(
      /exit 4: \S+ did not confirm that all writes so far are on its disk, and on the standbys that commits wait for: it warned/u,
    );
    expect(run.stdout).not.toContain('retire the old key');
    expect(count(await expectIntact(own.connect(), keys, planted), 'new')).toBe(ROWS);
  });

  it('makes a batch end with 4, and the next run with 5 while that batch waits; once nothing has to wait, a run finishes', async () => {
    const planted = await plant(own.connect(), keys, ROWS);
    await requireStandby(own.connect(), 'nobody');
    const run = await runHere(['--batch-size', '500'], env());
    expect(run.code, run.stderr).toBe(4);
    expect(run.stderr).toContain('(wait_event SyncRep) the commit waits for a standby that synchronous_standby_names lists');
    expect(run.stdout.match(/it was not written yet, but the server may still be executing the write\n/gu)).toHaveLength(ROWS);
    expect(count(await expectIntact(own.connect(), keys, planted), 'old')).toBe(ROWS);

    const again = await runHere(['--batch-size', '500'], env());
    expect(again.code, again.stderr).toBe(5);
    expect(again.stderr).toContain('waiting for a standby that synchronous_standby_names lists)\n');
    expect(again.stderr).toContain(
      'hint: start that standby, or take it out of that setting; or end that write: SELECT pg_terminate',
    );
    await requireStandby(own.connect(), '');
    const last = await runHere(['--batch-size', '500'], env());
    expect(last.code, last.stderr).toBe(0);
    expect(count(await expectIntact(own.connect(), keys, planted), 'new')).toBe(ROWS);
  });
});
