import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killAndRestart } from '../support/server/kill-server.ts';
import { type OwnServer, startOwnServer } from '../support/server/own-server.ts';
import { countBySequentialScan } from '../support/table/sequential-scan.ts';
import { environment, newKeys, plant } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';
import { workFolder } from '../support/tool/run-tool.ts';

const ROWS = 200;
const keys = newKeys();
let own: OwnServer;

beforeAll(async () => {
  // What is committed stays in the server's memory for as long as nobody asks for more.
  own = await startOwnServer(['wal_writer_delay=10s', 'wal_writer_flush_after=1GB', 'autovacuum=off']);
});

afterAll(() => own.stop());

describe.each([
  ['on', '1'],
  ['off', '1'],
  ['off', '500'],
])('with synchronous_commit = %s (--batch-size %s)', (commit, batchSize) => {
  const backup = path.join(workFolder, `asynchronous-${commit}-${batchSize}`);
  beforeAll(() => own.connect().pool.query(`ALTER DATABASE application SET synchronous_commit = ${commit}`));

  it('a rotation that ended with 0 survives the server being killed at once', async () => {
    await plant(own.connect(), keys, ROWS);
    const run = await runHere(['--batch-size', batchSize, '--backup', backup], environment(keys, own.url));
    await killAndRestart(own.server);
    expect(run.code, run.stderr).toBe(0);
    expect(await countBySequentialScan(own.url, 'user_api_keys', keys)).toEqual({ old: 0, new: ROWS, neither: 0 });
  });

  it('and so does a restore', async () => {
    const run = await runHere(['restore', backup], environment(keys, own.url));
    await killAndRestart(own.server);
    expect(run.code, run.stderr).toBe(0);
    expect(await countBySequentialScan(own.url, 'user_api_keys', keys)).toEqual({ old: ROWS, new: 0, neither: 0 });
  });
});
