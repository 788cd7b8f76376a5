import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ApplicationRow, type Encrypted, encrypt, newKey } from '../support/application/application.ts';
import { expectAllUnder, fillTable, readTable, useDatabase } from '../support/table/database.ts';
import { formatOneFile, headerFor } from '../support/tool/backup-file.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import { workFolder } from '../support/tool/run-tool.ts';

const database = useDatabase();
const oldKey = secret(newKey());
const freshKey = secret(newKey());
const backup = path.join(workFolder, 'format-1');

interface Backed {
  readonly id: string;
  readonly before: Encrypted;
  readonly after: Encrypted;
}

/** Rotates a new table by SQL. @returns the records that version 0.1.0 of the tool would have written */
async function rotateByHand(rows: number): Promise<{ records: Backed[]; plaintexts: Map<string, string> }> {
  const plaintexts = await fillTable(database, oldKey, rows);
  const records: Backed[] = [];
  for (const { id, iv, content, tag } of await readTable(database)) {
    const after = encrypt(freshKey, Buffer.from(plaintexts.get(id) ?? '', 'hex'));
    records.push({ id, before: { iv, content, tag }, after });
    const values = [id, after.iv, after.content, after.tag];
    await database.pool.query('UPDATE user_api_keys SET iv = $2, content = $3, tag = $4 WHERE id = $1', values);
  }
  return { records, plaintexts };
}

function restore(records: readonly Backed[]) {
  writeFileSync(backup, formatOneFile(headerFor(database.url, 1), records));
  return runHere(['restore', backup], { DATABASE_URL: database.url });
}

describe('a backup of format 1', () => {
  it('is restored, with a warning that it has no checksums', async () => {
    const { records, plaintexts } = await rotateByHand(5);
    const { code, stdout, stderr } = await restore(records);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('put back 5 rows');
    expect(stderr).toContain('warning: the backup has format 1, without checksums: not all damage can be detected');
    expect(stderr).not.toContain('end line');
    const restored = await readTable(database);
    expectAllUnder(oldKey, restored, plaintexts);
    const value = ({ id, iv, content, tag }: ApplicationRow) => ({ id, iv, content, tag });
    expect(restored.map(value)).toEqual(records.map(({ id, before }) => ({ id, ...before })));
  });

  it.each<[title: string, column: keyof Encrypted, change: (hex: string) => string]>([
    ['an empty iv', 'iv', () => ''],
    ['an iv of 15 bytes', 'iv', (hex) => hex.slice(2)],
    ['an empty tag', 'tag', () => ''],
    ['a tag of 12 bytes', 'tag', (hex) => hex.slice(8)],
    ['an empty content', 'content', () => ''],
    ['a content without its last byte', 'content', (hex) => hex.slice(2)],
    ['half a byte', 'content', (hex) => hex.slice(1)],
    ['what is no hex', 'tag', (hex) => `g${hex.slice(1)}`],
  ])('is refused with the line number, before the first write, if a value has %s', async (_title, column, change) => {
    const { records, plaintexts } = await rotateByHand(5);
    const damaged = records.map((record, index) =>
      index === 3 ? { ...record, before: { ...record.before, [column]: change(record.before[column]) } } : record,
    );
    const { code, stderr } = await restore(damaged);
    expectAllUnder(freshKey, await readTable(database), plaintexts);
    expect(code, stderr).toBe(2);
    expect(stderr).toContain(`line 5 of the backup file is not a valid record (before.${column})`);
  });
});
