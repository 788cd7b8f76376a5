import { afterEach, describe, expect, it } from 'vitest';
import { decrypt } from '../support/application/application.ts';
import { type Habit, startWriter, type Writer } from '../support/application/writers.ts';
import { readTable, useDatabase } from '../support/table/database.ts';
import { environment, type Keys, newKeys, plant } from '../support/table/witness.ts';
import { runTool, startTool } from '../support/tool/run-tool.ts';
import { lineSeen } from '../support/tool/wait-for-output.ts';

const ROWS = 300;
const database = useDatabase();
const keys = newKeys();
const env = environment(keys, database.url);
const writers: Writer[] = [];

afterEach(async () => {
  await Promise.allSettled(writers.splice(0).map((writer) => writer.stop()));
});

/** Plants the table and lets writers loose on it: each owns its share of the rows. @returns the plaintexts that nobody writes */
async function letWritersLoose(habits: readonly (readonly [keyof Keys, Habit])[]): Promise<Map<string, string>> {
  const { plaintexts } = await plant(database, keys, ROWS);
  const entries = [...plaintexts];
  const share = Math.floor(ROWS / (habits.length + 1));
  for (const [index, [key, habit]] of habits.entries()) {
    const owned = new Map(entries.slice(index * share, (index + 1) * share));
    writers.push(await startWriter(database, keys, key, habit, owned, index));
  }
  return new Map(entries.slice(habits.length * share));
}

/** Stops the writers and compares each row with what was written to it last. @returns how many writes they made */
async function expectLastWritesKept(untouched: ReadonlyMap<string, string>, allowed: readonly (keyof Keys)[]): Promise<number> {
  const stopping = writers.splice(0);
  const expected = new Map(untouched);
  for (const writer of stopping) for (const [id, plaintext] of await writer.stop()) expected.set(id, plaintext);
  expect(stopping.flatMap((writer) => writer.overwritten())).toEqual([]);
  const rows = await readTable(database);
  const found = rows.map((row): [string, string | undefined] => {
    const opened = allowed.map((key) => decrypt(keys[key], row)?.toString()).filter((plaintext) => plaintext !== undefined);
    return [row.id, opened.length === 1 ? opened[0] : undefined];
  });
  expect(new Map(found)).toEqual(expected);
  const writes = stopping.reduce((sum, writer) => sum + writer.writes(), 0);
  expect(writes).toBeGreaterThan(0);
  return writes;
}

describe.each([[[]], [['--connections', '4']]])('an application that writes the whole time (%j)', (args: string[]) => {
  it('keeps every value that it wrote with the new key, and the run ends 0', async () => {
    const untouched = await letWritersLoose([
      ['new', 'replace'],
      ['new', 'insert and delete'],
      ['new', 'replace'],
    ]);

    const { code, stdout, stderr } = await runTool(args, env);

    expect(code, stderr).toBe(0);
    expect(stdout).toContain('meanwhile an application ');
    const writes = await expectLastWritesKept(untouched, ['new']);
    console.log(`race ${args.join(' ')}: writers with the new key made ${writes} writes, 0 lost`);
  });

  it('keeps every value that it wrote with either key; the run ends 6, with advice, and the next one 0', async () => {
    const untouched = await letWritersLoose([
      ['old', 'replace'],
      ['new', 'replace'],
      ['old', 'insert and delete'],
      ['new', 'insert and delete'],
    ]);

    const { code, stdout, stderr } = await runTool(args, env);

    expect(code, stderr).toBe(6);
    expect(stdout).toContain('keep the old key');
    expect(stdout).toMatch(/a service (that )?still writes with the old key/u);
    const writes = await expectLastWritesKept(untouched, ['old', 'new']);
    console.log(`race ${args.join(' ')}: writers with both keys made ${writes} writes, 0 lost`);

    const before = await readTable(database);
    const again = await runTool(args, env);
    expect(again.code, again.stderr).toBe(0);
    const after = await readTable(database);
    expect(after.map((row) => [row.id, decrypt(keys.new, row)?.toString()])).toEqual(
      before.map((row) => [row.id, (decrypt(keys.old, row) ?? decrypt(keys.new, row))?.toString()]),
    );
  });

  it('keeps every value that it wrote with the old key until it was stopped in the middle of the run, which then ends 0', async () => {
    const untouched = await letWritersLoose([
      ['old', 'replace'],
      ['old', 'insert and delete'],
    ]);
    const tool = startTool(['--verbose', ...args], env);
    await lineSeen(tool, /Rotated key /u, 50);
    const [replacing, inserting] = writers;
    await replacing?.stop();
    await inserting?.stop();

    const { code, stderr } = await tool.end;

    expect(code, stderr).toBe(0);
    const writes = await expectLastWritesKept(untouched, ['new']);
    console.log(`race ${args.join(' ')}: writers with the old key, stopped midway, made ${writes} writes, 0 lost`);
  });
});
