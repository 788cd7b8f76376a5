import { Client } from 'pg';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { type PgBouncer, pgBouncerBinary, startPgBouncer } from '../support/server/pgbouncer.ts';
import { useDatabase } from '../support/table/database.ts';
import { count, environment, expectIntact, newKeys, plant } from '../support/table/witness.ts';
import { failureOf, THEN_RUN_AGAIN } from '../support/tool/failure-of.ts';
import { runHere } from '../support/tool/run-here.ts';

const database = useDatabase();
const keys = newKeys();
let bouncer: PgBouncer | null = null;

if (pgBouncerBinary === null)
  console.log('errors-pgbouncer: not on this machine (Debian: apt install pgbouncer), its tests are skipped');

async function behindPgBouncer(poolSize: number, ...settings: string[]): Promise<URL> {
  bouncer = await startPgBouncer(pgBouncerBinary ?? '', inject('postgres').url, poolSize, settings);
  return new URL(bouncer.through(database.url));
}

afterEach(async () => {
  await bouncer?.stop();
  bouncer = null;
});

const HINT = `if it is a pooler such as PgBouncer, check the user and the password, that pool_mode is transaction or session, that enough connections to the server are free (3, or N + 2 with --connections N), and that DATABASE_URL has no options=; or connect to the server itself${THEN_RUN_AGAIN}`;

describe.skipIf(pgBouncerBinary === null)(
  'a refusal by PgBouncer is reported in its words, and never blamed on the server',
  () => {
    it('a transaction, in statement mode', async () => {
      const planted = await plant(database, keys, 3);
      const url = await behindPgBouncer(3, 'pool_mode = statement');
      const { message, hint } = await failureOf(runHere([], environment(keys, url.href)));
      expect(message).toBe(
        `${url.host}, or a pooler in front of the server, ended the connection: transaction blocks not allowed in statement pooling mode (08P01)`,
      );
      expect(hint).toBe(HINT);
      expect(count(await expectIntact(database, keys, planted), 'new')).toBe(0);
    });

    it('a wait for a server connection longer than query_wait_timeout', async () => {
      const planted = await plant(database, keys, 3);
      const url = await behindPgBouncer(1, 'query_wait_timeout = 1');
      const application = new Client(url.href);
      await application.connect();
      await application.query('BEGIN');
      const { message, hint } = await failureOf(runHere([], environment(keys, url.href)));
      await application.end();
      expect(message).toBe(`${url.host}, or a pooler in front of the server, ended the connection: query_wait_timeout (08P01)`);
      expect(hint).toBe(HINT);
      expect(count(await expectIntact(database, keys, planted), 'new')).toBe(0);
    });

    it('a parameter that it does not pass on', async () => {
      const url = await behindPgBouncer(3);
      url.searchParams.set('options', '-c lock_timeout=1s');
      const { message } = await failureOf(runHere([], environment(keys, url.href.replaceAll('+', '%20'))));
      expect(message).toMatch(
        / or a pooler in front of the server, ended the connection: unsupported startup parameter.*options.* \(08P01\)$/u,
      );
    });

    it('a wrong password', async () => {
      const url = await behindPgBouncer(3);
      url.password = 'wrong';
      const { message } = await failureOf(runHere([], environment(keys, url.href)));
      expect(message).toMatch(/: .*authentication failed.* \((08P01|28P01)\)$/u);
    });
  },
);
