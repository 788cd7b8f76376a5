import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decrypt } from '../support/application/application.ts';
import { expectAllUnder, fillTable, readTable } from '../support/table/database.ts';
import { somebodyWaits, whileHolding } from '../support/table/row-lock.ts';
import { runHere } from '../support/tool/run-here.ts';
import { useBackup } from '../support/tool/use-backup.ts';

const { database, oldKey, freshKey, env, withoutKeys, backup } = useBackup();

/** Rotates a new table. @returns the lines of its backup, the header first, and the plaintexts in the table */
async function rotateTable(
  rows: number,
  options: readonly string[] = [],
  file = backup,
): Promise<{ lines: string[]; plaintexts: Map<string, string> }> {
  const plaintexts = await fillTable(database, oldKey, rows);
  const { code, stderr } = await runHere(['--backup', file, ...options], env);
  expect(code, stderr).toBe(0);
  return { lines: readFileSync(file, 'utf8').trimEnd().split('\n'), plaintexts };
}

/** Restores from these lines. The table must stay as the rotation left it. @returns what the tool printed on stderr */
async function expectRefused(lines: readonly string[], plaintexts: ReadonlyMap<string, string>): Promise<string> {
  writeFileSync(backup, `${lines.join('\n')}\n`);
  const rotated = await readTable(database);
  expectAllUnder(freshKey, rotated, plaintexts);
  const { code, stderr } = await runHere(['restore', backup], withoutKeys);
  expectAllUnder(freshKey, await readTable(database), plaintexts);
  expect(await readTable(database)).toEqual(rotated);
  expect(code, stderr).toBe(2);
  return stderr;
}

/** Changes what stands in `"before":{…}`, byte for byte. */
function changeBefore(line: string, change: (before: string) => string): string {
  return line.replace(/(?<="before":)\{[^}]*\}/u, change);
}

function beforeOf(line: string): string {
  return /(?<="before":)\{[^}]*\}/u.exec(line)?.[0] ?? '';
}

/** Another hex digit in place of one. */
function flipDigit(text: string, position: number): string {
  return text.slice(0, position) + (text[position] === '0' ? '1' : '0') + text.slice(position + 1);
}

type Attack = readonly [title: string, damage: (lines: readonly string[]) => string[], line: number];

const onLine = (index: number, damage: (line: string) => string) => (lines: readonly string[]) =>
  lines.map((line, at) => (at === index ? damage(line) : line));

const attacks: Attack[] = [
  ['one flipped digit in an iv', onLine(3, (line) => changeBefore(line, (text) => flipDigit(text, 9))), 4],
  ['one flipped digit in a content', onLine(5, (line) => changeBefore(line, (text) => flipDigit(text, 80))), 6],
  ['one flipped digit in a tag', onLine(10, (line) => changeBefore(line, (text) => flipDigit(text, text.length - 4))), 11],
  ['an empty iv and tag', onLine(7, (line) => changeBefore(line, (text) => text.replace(/("iv"|"tag"):"[^"]*"/gu, '$1:""'))), 8],
  [
    'old values swapped between two rows',
    (lines) =>
      lines.map((line, at) => {
        const other = at === 2 ? 6 : at === 6 ? 2 : at;
        return changeBefore(line, () => beforeOf(lines[other] ?? ''));
      }),
    3,
  ],
  [
    'a row that has another id',
    onLine(4, (line) => line.replace(/(?<="id":")[^"]*/u, 'f1f1f1f1-0000-4000-8000-000000000000')),
    5,
  ],
  ['a line that is lost', (lines) => lines.toSpliced(4, 1), 5],
  ['a line that is there twice', (lines) => lines.toSpliced(4, 0, lines[4] ?? ''), 6],
  ['two lines swapped', (lines) => lines.toSpliced(4, 2, lines[5] ?? '', lines[4] ?? ''), 5],
];

describe('restore of a damaged backup', () => {
  it.each(attacks)('is refused with the line number, before the first write: %s', async (_title, damage, line) => {
    const { lines, plaintexts } = await rotateTable(10);
    expect(await expectRefused(damage(lines), plaintexts)).toContain(`line ${line} of the backup file is damaged`);
  });

  it('is refused if a line comes from the backup of an earlier run', async () => {
    const earlier = await rotateTable(3, [], `${backup}-earlier`);
    await database.pool.query('TRUNCATE users CASCADE');
    const { lines, plaintexts } = await rotateTable(3);
    const mixed = lines.with(2, earlier.lines[2] ?? '');
    expect(await expectRefused(mixed, plaintexts)).toContain('line 3 of the backup file is damaged');
    // The line of the earlier run is undamaged and in its place: only its chain differs.
    const header = [earlier.lines[0] ?? '', ...lines.slice(1)];
    expect(await expectRefused(header, plaintexts)).toContain('line 2 of the backup file is damaged');
  });
});

describe('a backup that changes while it is restored', () => {
  it('stops the restore before the last batch', async () => {
    const { lines, plaintexts } = await rotateTable(1200, ['--batch-size', '400']);
    const { id } = JSON.parse(lines[1] ?? '');
    const result = await whileHolding(database, id, async (release) => {
      const restore = runHere(['restore', backup], withoutKeys);
      await somebodyWaits(database);
      // All its lines are whole, and follow each other.
      writeFileSync(backup, `${lines.slice(0, 1150).join('\n')}\n`);
      await release();
      return restore;
    });
    expect(result.stderr).toContain(`the backup file ${backup} was changed while it was being restored`);
    expect(result.code).toBe(4);
    expect(result.stdout).toContain('1000 rows put back so far');
    const under = (await readTable(database)).map((row) => {
      const key = decrypt(oldKey, row) === null ? freshKey : oldKey;
      expect(decrypt(key, row)?.toString('hex')).toBe(plaintexts.get(row.id));
      return key;
    });
    expect(under.filter((key) => key === oldKey)).toHaveLength(1000);
  });
});
