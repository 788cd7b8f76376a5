import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { CheckRecord } from '../../../src/backup/backup-format.ts';
import { checkBackup, readBackup } from '../../../src/backup/backup-reader.ts';
import { formatOneFile, headerFor, sealedFile } from '../../support/tool/backup-file.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'backup-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = path.join(folder, 'backup.jsonl');
const never = new AbortController().signal;

const value = { iv: 'ab'.repeat(16), content: '', tag: 'cd'.repeat(16) };
const header = headerFor('postgresql://h:1/d', 2);
const OLD_AND_NEW = { old: '0'.repeat(16), new: '1'.repeat(16) };
const record = (id: string, before: object = value, after: object = value) => ({ id, before, after });
const end = { end: true };
const whole = sealedFile([header, record('1'), record('2'), end]);
const open = sealedFile([header, record('1'), record('2')]);
const old = formatOneFile(headerFor('postgresql://h:1/d', 1), [record('1'), record('2')]);
const lines = (text: string, from: number, to: number) =>
  text
    .split(/(?<=\n)/u)
    .slice(from - 1, to)
    .join('');

const PARTS: Readonly<Record<string, RegExp>> = {
  iv: /^([0-9A-F]{24}|[0-9A-F]{32})$/iu,
  content: /^([0-9A-F]{2})*$/iu,
  tag: /^[0-9A-F]{32}$/iu,
};

/** As the caller of the reader checks records: hex of the right lengths. */
const hexRecord: CheckRecord = ({ before, after }) => {
  for (const [side, stored] of Object.entries({ before, after })) {
    for (const [part, pattern] of Object.entries(PARTS)) if (!pattern.test(stored[part] ?? 'null')) return `${side}.${part}`;
  }
  return before['content']?.length === after['content']?.length ? null : 'before.content';
};

function check(text: string | Uint8Array): ReturnType<typeof checkBackup> {
  writeFileSync(file, text);
  return checkBackup(file, hexRecord, never);
}

async function idsIn(checked: Awaited<ReturnType<typeof checkBackup>>): Promise<string[]> {
  const ids: string[] = [];
  for await (const batch of readBackup(file, hexRecord, checked)) ids.push(...batch.swaps.map(({ id }) => id));
  return ids;
}

async function expectRefused(text: string | Uint8Array, message: string, hint: string): Promise<void> {
  const error: unknown = await check(text).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'BackupError', message: expect.stringContaining(message) });
  expect(error).toMatchObject({ hint: expect.stringContaining(hint) });
}

describe('a backup file', () => {
  it.each<[title: string, text: string, ids: string[], ending: string]>([
    ['records and an end line', whole, ['1', '2'], 'whole'],
    ['an end line that lacks only its newline', whole.slice(0, -1), ['1', '2'], 'whole'],
    ['no end line', open, ['1', '2'], 'open'],
    ['a last record that lacks only its newline', open.slice(0, -1), ['1', '2'], 'open'],
    ['a last record that lacks its last character', open.slice(0, -2), ['1'], 'torn'],
    ['a last record of which there is the first character', `${lines(open, 1, 2)}{`, ['1'], 'torn'],
    ['zeros that a crash left behind the last record', `${open}\0\0\0`, ['1', '2'], 'torn'],
    ['a torn end line', whole.slice(0, -9), ['1', '2'], 'torn'],
    ['a header alone', lines(open, 1, 1), [], 'open'],
    [
      'ids with line ends of other kinds, and a checksum',
      sealedFile([header, record('é\u2028b\r,"checksum":"0123456789abcdef"}'), end]),
      ['é\u2028b\r,"checksum":"0123456789abcdef"}'],
      'whole',
    ],
    [
      'values with an iv of 12 bytes, in capitals',
      sealedFile([header, record('1', { ...value, iv: 'AB'.repeat(12) })]),
      ['1'],
      'open',
    ],
    ['format 1', old, ['1', '2'], 'open'],
    ['format 1 and a last record that lacks only its newline', old.slice(0, -1), ['1', '2'], 'open'],
    ['format 1 and a last record that is torn', old.slice(0, -2), ['1'], 'torn'],
  ])('with %s is read', async (_title, text, ids, ending) => {
    const checked = await check(text);
    expect(checked).toMatchObject({ records: ids.length, ending });
    expect(await idsIn(checked)).toEqual(ids);
  });

  it.each<[title: string, text: string | Uint8Array, message: string, hint: string]>([
    ['nothing in it', '', 'the backup file is empty', 'name a file that rotate --backup wrote'],
    ['half a header', whole.slice(0, 40), 'the backup file is truncated in its first line', 'use another copy'],
    ['no header', lines(whole, 2, 3), 'line 1 of the backup file is not a valid header', 'use another copy'],
    ['a header of another version', sealedFile([{ ...header, formatVersion: 3 }]), '(formatVersion)', 'use another copy'],
    ['a header of format 1 with a checksum', sealedFile([{ ...header, formatVersion: 1 }]), 'line 1 of the', 'use another copy'],
    ['a header of format 2 without a checksum', formatOneFile(header, []), 'line 1 of the backup file is damaged', 'use'],
    [
      'a record of format 1 behind a header of format 2',
      formatOneFile(header, []).replace(/.*\n/u, lines(whole, 1, 1)) + lines(old, 2, 2),
      'line 2 of',
      'use',
    ],
    [
      'a last line whose newline is another character',
      `${open.slice(0, -1)}K`,
      'line 3 of the backup file is damaged',
      'head -n 2',
    ],
    [
      'a last line whose newline is another, without a record before it',
      `${lines(open, 1, 2).slice(0, -1)}K`,
      'line 2 of',
      'use',
    ],
    ['a damaged last line', open.replace(/.(?="\}\n$)/u, 'x'), 'line 3 of the backup file is damaged', 'head -n 2'],
    ['a damaged last line without a newline', open.replace('"id":"2"', '"id":"3"').slice(0, -1), 'line 3 of', 'head -n 2'],
    [
      'a line behind the end',
      `${whole}${lines(whole, 3, 3)}`,
      'line 5 of the backup file is damaged: it follows the end line',
      'head -n 4',
    ],
    ['half a line behind the end', `${whole}{`, 'line 5 of', 'head -n 4'],
    ['an empty line', `${lines(whole, 1, 1)}\n${lines(whole, 2, 4)}`, 'line 2 of', 'use another copy'],
    ['the line ends of another system', whole.replaceAll('\n', '\r\n'), 'line 1 of', 'use another copy'],
    ['a byte order mark', `\uFEFF${whole}`, 'line 1 of', 'use another copy'],
    [
      'a record of something else',
      sealedFile([header, record('1'), { id: '2' }]),
      'line 3 of the backup file is not a valid record',
      'use',
    ],
    ['a field too many', sealedFile([header, { x: 1, ...record('1') }]), 'line 2 of', 'use another copy'],
    ['an end that says more', sealedFile([header, { end: true, x: 1 }]), 'line 2 of', 'use another copy'],
    ['a number for a record', `${sealedFile([header])}1\n`, 'line 2 of', 'use another copy'],
    [
      'an iv of 11 bytes',
      sealedFile([header, record('1', { ...value, iv: 'ab'.repeat(11) })]),
      '(before.iv)',
      'use another copy',
    ],
    ['an empty iv', sealedFile([header, record('1', value, { ...value, iv: '' })]), '(after.iv)', 'use another copy'],
    [
      'a tag of 15 bytes',
      sealedFile([header, record('1', { ...value, tag: 'cd'.repeat(15) })]),
      '(before.tag)',
      'use another copy',
    ],
    [
      'half a byte of content',
      sealedFile([header, record('1', { ...value, content: 'a' })]),
      '(before.content)',
      'use another copy',
    ],
    [
      'contents of two lengths',
      sealedFile([header, record('1', { ...value, content: 'ab' })]),
      '(before.content)',
      'use another copy',
    ],
    [
      'a value that is no hex',
      sealedFile([header, record('1', { ...value, tag: 'xy'.repeat(16) })]),
      '(before.tag)',
      'use another copy',
    ],
    ['a null tag', sealedFile([header, record('1', value, { ...value, tag: null })]), '(after.tag)', 'use another copy'],
    ['a number for a tag', sealedFile([header, record('1', { ...value, tag: 1 })]), '(before.tag)', 'use another copy'],
    ['the keys of format 1 in format 2', sealedFile([{ ...header, keys: OLD_AND_NEW }]), '(keys', 'use another copy'],
    ['the keys of format 2 in format 1', formatOneFile({ ...header, formatVersion: 1 }, []), '(keys', 'use another copy'],
    ['invalid UTF-8 in format 1', Buffer.from(old.replace('"id":"1"', '"id":"\xFF"'), 'latin1'), 'line 2 of', 'use another copy'],
    ['format 1 and a line cut in the middle', old.replace('}}\n{"id":"2"', '\n{"id":"2"'), 'line 2 of', 'use another copy'],
  ])('with %s is refused', (_title, text, message, hint) => expectRefused(text, message, hint));

  it.each([
    ['format 2', whole],
    ['format 1, which calls the keys old and new', old],
  ])('names the key that its run went to and those that it came from: %s', async (_title, text) => {
    expect((await check(text)).header.keys).toEqual({ target: '1'.repeat(16), sources: ['0'.repeat(16)] });
  });

  it.each([
    ['that does not exist', path.join(folder, 'none'), 'does not exist'],
    ['that is a folder', folder, 'is not a regular file'],
    ['that is a device', '/dev/zero', 'is not a regular file'],
  ])('%s is refused', async (_title, name, message) => {
    await expect(checkBackup(name, hexRecord, never)).rejects.toThrow(message);
  });

  it('is not read to its end once the run is aborted', async () => {
    writeFileSync(file, whole);
    await expect(checkBackup(file, hexRecord, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  });

  it('may be longer than what is read at once', async () => {
    const ids = Array.from({ length: 1001 }, (_, index) => `row ${index}`);
    const checked = await check(sealedFile([header, ...ids.map((id) => record(id)), end]));
    const batches = [];
    for await (const batch of readBackup(file, hexRecord, checked)) batches.push(batch.swaps.length);
    expect(batches).toEqual([500, 500, 1]);
    expect(await idsIn(checked)).toEqual(ids);
  });
});

describe('a backup that is no longer as it was when it was checked', () => {
  const other = sealedFile([
    { ...header, fields: [{ name: 'UserApiKey', table: 'public.other' }] },
    record('1'),
    record('2'),
    end,
  ]);
  it.each<[title: string, before: string, after: string]>([
    ['another backup', whole, other],
    ['a backup of the other format', whole, old],
    ['shorter by its end line', whole, open],
    ['shorter by a record', open, lines(open, 1, 2)],
    ['longer', open, whole],
    ['torn', open, open.slice(0, -9)],
    ['empty', open, ''],
    ['of format 1, and changed where no length tells', old, old.replace('abab', 'acac')],
  ])('gives no record: %s', async (_title, before, after) => {
    const checked = await check(before);
    writeFileSync(file, after);
    await expect(readBackup(file, hexRecord, checked).next()).rejects.toThrow('was changed while it was being restored');
  });

  it('returns no record of its last batch, even if that is a full one', async () => {
    const records = Array.from({ length: 500 }, (_, index) => record(`${index}`));
    const checked = await check(sealedFile([header, ...records, end]));
    writeFileSync(file, sealedFile([header, ...records]));
    await expect(readBackup(file, hexRecord, checked).next()).rejects.toThrow('was changed while it was being restored');
  });

  it('is refused before its first record if it is a different and long one', async () => {
    const records = Array.from({ length: 2000 }, (_, index) => record(`${index}`));
    const checked = await check(whole);
    writeFileSync(file, sealedFile([{ ...header, fields: [{ name: 'UserApiKey', table: 'public.other' }] }, ...records]));
    await expect(readBackup(file, hexRecord, checked).next()).rejects.toThrow('was changed while it was being restored');
  });
});
