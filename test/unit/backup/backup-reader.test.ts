import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkBackup, readBackup } from '../../../src/backup/backup-reader.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'backup-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = path.join(folder, 'backup.jsonl');
const never = new AbortController().signal;

const value = { iv: 'ab'.repeat(16), content: '', tag: 'cd'.repeat(16) };
const header = JSON.stringify({
  format: 'rotate-encryption-key backup',
  formatVersion: 1,
  createdAt: '2026-01-01T00:00:00.000Z',
  database: { host: 'h', port: 1, name: 'd' },
  table: 'public.t',
  keys: { old: '0'.repeat(16), new: '1'.repeat(16) },
});
const record = (id: string) => JSON.stringify({ id, before: value, after: value });

function check(text: string): ReturnType<typeof checkBackup> {
  writeFileSync(file, text);
  return checkBackup(file, never);
}

describe('a backup file', () => {
  it.each<[title: string, text: string, records: number, torn: boolean]>([
    ['a header alone', `${header}\n`, 0, false],
    ['records', `${header}\n${record('1')}\n${record('2')}\n`, 2, false],
    ['a last record that lacks only its newline', `${header}\n${record('1')}`, 1, false],
    ['a last record that is torn', `${header}\n${record('1')}\n${record('2').slice(0, -1)}`, 1, true],
    ['an id with line ends of other kinds', `${header}\n${record('a\u2028b\r')}\n`, 1, false],
  ])('with %s is whole', async (_title, text, records, torn) => {
    expect(await check(text)).toMatchObject({ records, torn });
    const read = [];
    for await (const batch of readBackup(file)) read.push(...batch);
    expect(read).toHaveLength(records);
  });

  it.each<[title: string, text: string, message: string, hint: string]>([
    ['nothing in it', '', 'the backup file is empty', 'name a file that rotate --backup wrote'],
    ['half a header', header.slice(0, 40), 'the backup file ends in its first line', 'wrote nothing to the table'],
    ['no header', `${record('1')}\n`, 'line 1 of the backup file is not a header', 'use another copy'],
    ['a header of another version', `${header.replace('n":1', 'n":2')}\n`, 'line 1 of the backup file is not a header', 'use'],
    ['a line cut in the middle', `${header}\n${record('1').slice(0, -3)}\n${record('2')}\n`, 'line 2 of', 'use another copy'],
    ['a line of something else', `${header}\n${record('1')}\n{"id":"2"}\n`, 'line 3 of', 'use another copy'],
    ['a field too many', `${header}\n${record('1').replace('{', '{"x":1,')}\n`, 'line 2 of', 'use another copy'],
    ['a value that is no hex', `${header}\n${record('1').replace('abab', 'xyxy')}\n`, '(before.iv)', 'use another copy'],
    ['an empty line', `${header}\n\n${record('1')}\n`, 'line 2 of', 'use another copy'],
  ])('with %s is refused', async (_title, text, message, hint) => {
    const error: unknown = await check(text).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'BackupError', message: expect.stringContaining(message) });
    expect(error).toMatchObject({ hint: expect.stringContaining(hint) });
  });

  it.each([
    ['that does not exist', path.join(folder, 'none'), 'does not exist'],
    ['that is a folder', folder, 'is not a regular file'],
    ['that is a device', '/dev/zero', 'is not a regular file'],
  ])('%s is refused', async (_title, name, message) => {
    await expect(checkBackup(name, never)).rejects.toThrow(message);
  });

  it('is not read to its end once the run is to stop', async () => {
    writeFileSync(file, `${header}\n`);
    await expect(checkBackup(file, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  });
});
