import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Fault, type Message, startProxy } from '../support/server/proxy.ts';
import { expectBackedUp } from '../support/table/backed-up.ts';
import { type TestDatabase, useDatabase } from '../support/table/database.ts';
import { count, environment, expectIntact, lockIsFree, newKeys, plant, type Whereabouts } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';
import { runTool, type ToolRun, workFolder } from '../support/tool/run-tool.ts';
import { inParallel } from '../support/vitest/in-parallel.ts';

const ROWS = 5;
/** An ordinary run strikes at every k-th message, with another first one for each fault; FAULTS=all strikes at each message. */
const every = process.env['FAULTS'] === 'all' ? 1 : 240;
const WHAT_IS_KNOWN =
  /error: (a write failed: )?(the connection to \S+ was (cut|lost)|the lock was lost|\S+ did not (answer a statement|accept a connection|confirm .*: no answer came) within 1.5 s)/u;
const FAULTS: readonly Fault[] = ['fin', 'rst', 'stall', 'stall of one connection', 'delay'];

/** The order of the messages of several connections is another one in each run: their last ones may not be met. */
const WAYS = [
  { name: 'row by row', connections: 1, hasBackup: false },
  { name: 'over three connections, with a backup', connections: 3, hasBackup: true },
];
type Way = (typeof WAYS)[number];

const databases = [useDatabase(), useDatabase(), useDatabase(), useDatabase()];
const keys = newKeys();

describe.each(WAYS)('a network that fails at the n-th message of a run $name', (way) => {
  let undisturbed: readonly Message[] = [];

  beforeAll(async () => {
    const [database] = databases;
    if (database === undefined) return;
    await plant(database, keys, ROWS);
    const proxy = await startProxy(database.url);
    const { code } = await runTool(argumentsFor(way).args, environment(keys, proxy.url));
    expect(code).toBe(0);
    undisturbed = [...proxy.messages];
    await proxy.close();
  });

  it.each(FAULTS)(
    'loses nothing, and says the truth about every row (%s)',
    async (fault) => {
      const first = 1 + Math.floor((FAULTS.indexOf(fault) * every) / FAULTS.length);
      const numbers = undisturbed.map((_, index) => index + 1).filter((number) => (number - first) % every === 0);
      expect(numbers.length).toBeGreaterThan(0);

      const runs = await inParallel(databases, numbers, (database, at) => strikeOnce(database, way, fault, at));

      const ended = (code: number) => runs.filter((run) => run.code === code).length;
      console.log(
        `network, ${way.name}, ${fault}: ${runs.length} of ${undisturbed.length} messages, ${ended(4)} runs ended with 4, ` +
          `${ended(0)} with 0; ${runs.filter(({ unanswered }) => unanswered).length} writes unanswered; 0 rows lost`,
      );
    },
    60 * 60_000,
  );
});

function argumentsFor({ connections, hasBackup }: Way): { readonly args: readonly string[]; readonly backups: string } {
  const backups = mkdtempSync(path.join(workFolder, 'backups-'));
  const backup = hasBackup ? ['--backup', path.join(backups, 'backup.jsonl')] : [];
  return { args: ['--verbose', '--connections', String(connections), ...backup], backups };
}

async function strikeOnce(
  database: TestDatabase,
  way: Way,
  fault: Fault,
  at: number,
): Promise<{ code: number; unanswered: boolean }> {
  const planted = await plant(database, keys, ROWS);
  const proxy = await startProxy(database.url, { fault, at });
  const limits = fault.startsWith('stall') ? { DATABASE_CONNECT_TIMEOUT_MS: '1500', DATABASE_STATEMENT_TIMEOUT_MS: '1500' } : {};
  const { args, backups } = argumentsFor(way);
  const run = await runTool(args, { ...environment(keys, proxy.url), ...limits });
  await proxy.close();
  await lockIsFree(database);

  const struck = proxy.struck();
  const where = `${way.name}, ${fault} at message ${at}, ${struck?.from} ${struck?.type}\n${run.stdout}${run.stderr}`;
  if (way.connections === 1) expect(struck, where).not.toBeNull();
  const whereabouts = await expectIntact(database, keys, planted);
  if (way.hasBackup) await expectBackedUp(database, planted, backups);
  // The farewell (Terminate, "X") is all that a finished run no longer needs.
  if (fault === 'delay' || struck === null || (struck.from === 'tool' && struck.type === 'X')) {
    expect(run.code, where).toBe(0);
    expect(count(whereabouts, 'new'), where).toBe(ROWS);
    return { code: 0, unanswered: false };
  }
  expect(run.code, where).toBe(4);
  expect(run.stderr, where).toMatch(WHAT_IS_KNOWN);
  expect(run.stderr, where).toMatch(/hint: .*run the same command again/u);
  expectTruth(run, whereabouts, where);

  const rerun = await runHere([], environment(keys, database.url));
  expect(rerun.code, rerun.stderr).toBe(0);
  expect(count(await expectIntact(database, keys, planted), 'new')).toBe(ROWS);
  return { code: 4, unanswered: run.stdout.includes('a write failed') };
}

/** What the tool said of the table, against the table itself. */
function expectTruth({ stdout, stderr }: ToolRun, whereabouts: Whereabouts, where: string): void {
  for (const [, id = ''] of stderr.matchAll(/Rotated key (\S+)/gu)) expect(whereabouts.get(id), where).toBe('new');
  for (const [, id = '', found] of stdout.matchAll(/row (\S+) was read again: it was (written|not written)/gu)) {
    expect(whereabouts.get(id), where).toBe(found === 'written' ? 'new' : 'old');
  }
  for (const [, rows = ''] of stdout.matchAll(/other connections had written by then: (.+)/gu)) {
    for (const row of rows.split(', ')) expect(whereabouts.get(row.replace('row ', '')), where).toBe('new');
  }
  const unknown = [...stdout.matchAll(/row (\S+) could not be read again: it is under one of the two keys/gu)].length;
  if (stdout.includes('a write failed')) expect(stdout, where).toMatch(/row \S+ (was read again|could not be read)/u);
  const rotated = count(whereabouts, 'new');
  if (stdout.includes('nothing was written')) {
    expect(rotated, where).toBe(0);
    return;
  }
  const [, said = Number.NaN, left = Number.NaN, either = 0] =
    /(\d+) rows? under the new key, (\d+) still under the old key(?:, (\d+) under one of the two)?$/mu.exec(stdout) ?? [];
  expect(Number(either), where).toBe(unknown);
  expect(rotated - Number(said), where).toBeGreaterThanOrEqual(0);
  expect(rotated - Number(said), where).toBeLessThanOrEqual(unknown);
  expect(Number(said) + Number(left) + unknown, where).toBe(ROWS);
}
