// A replica that every rollout misses: it goes on with the old key alone, while the others, the sweep and retire go their way.
import { afterEach, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import type { User } from '../support/service/client.ts';
import { Fleet } from '../support/service/fleet.ts';
import { Overwriter } from '../support/service/overwriter.ts';
import { Traffic } from '../support/service/traffic.ts';
import { useApplication } from '../support/service/use-application.ts';
import { countUnder, expectKept, plantUsers } from '../support/service/users.ts';
import { age, entryOf, namedField } from '../support/table/registry.ts';
import { expectNoSecret, secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import type { ToolRun } from '../support/tool/run-tool.ts';

const USERS = 40;
const { database, folder } = useApplication();
const service = { folder, database, onOutput: expectNoSecret };
const [oldKey, freshKey] = [secret(newKey()), secret(newKey())];
const OLD = fingerprintOf(oldKey);
const BOTH = `${freshKey} ${oldKey}`;
const toBeStopped: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of toBeStopped.splice(0)) await stop().catch(() => {});
});

function run(args: readonly string[], keys = BOTH): Promise<ToolRun> {
  return runHere(args, { ENCRYPTION_KEYS: keys, DATABASE_URL: database.url }, false, [namedField]);
}

const sweep = () => run(['rotate', '--batch-size', '20']);
const retire = (keys: string) => run(['retire', OLD, '--soak', '24h', '--no-escrow'], keys);

/** A service whose users are shared out: the replicas of the rollouts serve some, the forgotten replica the others. */
async function start(): Promise<{ fleet: Fleet; traffic: Traffic; forgotten: Overwriter; users: readonly User[] }> {
  expect((await run(['register'])).code).toBe(0);
  const users = await plantUsers(database, oldKey, USERS);
  const [fleet, left] = await Promise.all([Fleet.start(service, `${oldKey} ${freshKey}`, 2), Fleet.start(service, oldKey, 1)]);
  const traffic = new Traffic(fleet, [users.slice(0, USERS / 4), users.slice(USERS / 4, USERS / 2)], 1);
  const forgotten = new Overwriter(left.port, users.slice(USERS / 2));
  toBeStopped.push(
    () => forgotten.pause(),
    () => traffic.stop(),
    () => fleet.stop(),
    () => left.stop(),
  );
  await fleet.rollOut(BOTH, () => traffic.more(20));
  return { fleet, traffic, forgotten, users };
}

describe('a replica that was left behind with the old key', () => {
  it('keeps the sweep, status and retire from calling it done as long as it writes, and is refused once the key is retired', async () => {
    const { fleet, traffic, forgotten, users } = await start();

    forgotten.start();
    const swept = await sweep();
    expect(swept.code, swept.stderr).toBe(6);
    expect(swept.stdout).toMatch(/a service (that )?still writes with/u);
    const status = await run(['status']);
    expect(status.code, status.stdout).toBe(7);
    const retired = await retire(BOTH);
    expect(retired.code, retired.stdout).toBe(7);
    expect(await entryOf(database, oldKey)).toMatchObject({ retired_at: null, unused_since: null });
    await forgotten.pause();
    const before = forgotten.acknowledged;
    expect([before > 0, forgotten.refused]).toEqual([true, 0]);

    expect((await sweep()).code).toBe(0);
    expect(await countUnder(database, oldKey)).toBe(0);
    await fleet.rollOut(freshKey, () => traffic.more(20));
    await database.pool.query('ALTER TABLE user_api_keys ALTER COLUMN key_id SET NOT NULL');
    expect((await retire(freshKey)).code).toBe(7);
    await age(database, oldKey, '25 hours');
    const done = await retire(freshKey);
    expect(done.code, done.stdout).toBe(0);

    await forgotten.write(50);
    expect([forgotten.acknowledged, forgotten.refused]).toEqual([before, 50]);
    expect(await countUnder(database, oldKey)).toBe(0);
    await traffic.more(20);
    await traffic.stop();
    expect(traffic.failures).toEqual([]);
    await expectKept(database, freshKey, users);
    console.log(
      `forgotten replica: ${before} writes before the key was retired, none lost, and 50 refused after it; ` +
        `the other replicas answered ${traffic.requests} requests, 0 of them wrong`,
    );
  });
});
