import process from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { Fleet } from '../support/service/fleet.ts';
import { Traffic } from '../support/service/traffic.ts';
import { useService } from '../support/service/use-service.ts';
import { countUnder, expectKept, plantUsers } from '../support/service/users.ts';
import { writesHaveEnded } from '../support/table/late-write.ts';
import { lockIsFree } from '../support/table/witness.ts';
import { expectNoSecret, secret } from '../support/tool/known-secrets.ts';
import { type RunningTool, startTool } from '../support/tool/run-tool.ts';
import { lineSeen, momentToKill } from '../support/tool/wait-for-output.ts';
import { SeededRandom } from '../support/vitest/random.ts';

interface Way {
  readonly batchRows: number;
  /** Whether a replica and the tool are killed (SIGKILL) in every step. */
  readonly kills: boolean;
}

/** `npm run test:faults` rotates five times in each of four ways; an ordinary run rotates once, in the hardest of them. */
const ALL = process.env['FAULTS'] === 'all';
const WAYS: readonly Way[] = [1, 500].flatMap((batchRows) =>
  [false, true].filter((kills) => ALL || (kills && batchRows > 1)).map((kills) => ({ batchRows, kills })),
);
const SCALE = ALL
  ? { replicas: 4, clients: 12, users: 600, rotations: 5, requests: 50_000, requestsBetween: 600, toolKills: 3 }
  : { replicas: 2, clients: 2, users: 100, rotations: 1, requests: 500, requestsBetween: 20, toolKills: 1 };
const SEED = Number(process.env['ROLLOUT_SEED'] ?? Date.now() % 1_000_000);

const { database, folder, tool } = useService();
const toBeStopped: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of toBeStopped.splice(0)) await stop().catch(() => {});
});

/** Starts the tool, as the service has it, with keys of which the first is the target. */
function start(args: readonly string[], keys: readonly string[]): RunningTool {
  const env = { ENCRYPTION_KEYS: keys.join(' '), DATABASE_URL: database.url };
  return startTool(args, env, ['ignore', 'pipe', 'pipe'], [], tool);
}

async function register(...keys: readonly string[]): Promise<void> {
  const { code, stderr } = await start(['register'], keys).end;
  expect(code, stderr).toBe(0);
}

/** @returns whether it was killed; false if it had ended before */
async function kill({ child, end }: RunningTool): Promise<boolean> {
  child.kill('SIGKILL');
  const { signal } = await end;
  await lockIsFree(database);
  await writesHaveEnded(database);
  return signal === 'SIGKILL';
}

describe('a service of several replicas, while its key is rotated without a maintenance window', () => {
  it.each(WAYS)(
    'answers every read, and loses no write: batches of $batchRows, kills: $kills',
    async ({ batchRows, kills }) => {
      console.log(`rollout: ROLLOUT_SEED=${SEED}`);
      const random = new SeededRandom(SEED);
      let key = secret(newKey());
      await register(key);
      const users = await plantUsers(database, key, SCALE.users);
      const fleet = await Fleet.start({ folder, database, onOutput: expectNoSecret }, key, SCALE.replicas);
      toBeStopped.push(() => fleet.stop());
      const perClient = SCALE.users / SCALE.clients;
      const shares = Array.from({ length: SCALE.clients }, (_, index) => users.slice(index * perClient, (index + 1) * perClient));
      const traffic = new Traffic(fleet, shares, SEED);
      toBeStopped.unshift(() => traffic.stop());
      const killed = { tool: 0, replicas: 0 };
      const sweep = (keys: readonly string[]) => start(['rotate', '--verbose', '--batch-size', String(batchRows)], keys);

      async function killReplica(): Promise<void> {
        await fleet.kill(random);
        killed.replicas += 1;
      }

      /** @param scheduled - the keys of a run of the tool that somebody has scheduled, and that may come at any time */
      async function rollOut(keys: readonly string[], scheduled: readonly string[]): Promise<void> {
        let replaced = 0;
        await fleet.rollOut(keys.join(' '), async () => {
          await traffic.more(SCALE.requestsBetween);
          replaced += 1;
          if (!kills || replaced !== 2) return;
          const run = sweep(scheduled);
          await Promise.all([lineSeen(run, /preflight: /u), killReplica()]);
          if (await kill(run)) killed.tool += 1;
        });
        await traffic.more(SCALE.requestsBetween);
      }

      const begin = performance.now();
      let rotations = 0;
      for (; rotations < SCALE.rotations || traffic.requests < SCALE.requests; rotations += 1) {
        const next = secret(newKey());
        await register(key, next);
        await rollOut([key, next], [key, next]);
        await rollOut([next, key], [next, key]);
        for (let times = 0; kills && times < SCALE.toolKills; times += 1) {
          const run = sweep([next, key]);
          await momentToKill(run, random);
          if (await kill(run)) killed.tool += 1;
        }
        const run = sweep([next, key]);
        if (kills) await lineSeen(run, /preflight: /u).then(killReplica);
        const { code, stdout, stderr } = await run.end;
        expect(code, stdout + stderr).toBe(0);
        expect(await countUnder(database, key)).toBe(0);
        await rollOut([next], [next, key]);
        key = next;
        expect(traffic.failures).toEqual([]);
      }

      const { reads, writes, inDoubt } = await traffic.stop();
      const perSecond = Math.round((traffic.requests * 1000) / (performance.now() - begin));
      await fleet.stop();
      expect(traffic.failures).toEqual([]);
      await expectKept(database, key, users);
      if (kills) expect(killed).toEqual({ tool: expect.toSatisfy((count) => count > rotations), replicas: 4 * rotations });
      else expect(inDoubt).toBe(0);
      console.log(
        `rollout: batches of ${batchRows}: ${rotations} rotations, ${traffic.requests} requests (${reads} reads, ${writes} writes), ` +
          `${perSecond} a second, ${killed.tool} kills of the tool, ${killed.replicas} kills of a replica, ${inDoubt} requests in doubt, 0 failed reads, 0 lost writes`,
      );
    },
    60 * 60_000,
  );
});
