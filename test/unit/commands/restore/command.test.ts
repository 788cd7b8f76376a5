import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../../src/commands/command.ts';
import { runRestore } from '../../../../src/commands/restore/command.ts';
import { runVerify } from '../../../../src/commands/verify/command.ts';
import { encryptedFields } from '../../../../src/database/generated/encrypted-fields.ts';
import { main } from '../../../../src/main.ts';
import { newKey } from '../../../support/application/application.ts';
import { formatOneFile, headerFor, sealedFile } from '../../../support/tool/backup-file.ts';
import { interrupted } from '../endings.ts';
import { given, problemsOf } from '../given.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'restore-command-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = path.join(folder, 'backup.jsonl');
const env = { DATABASE_URL: 'postgresql://user:hunter2@127.0.0.1:1/d' };

const value = { iv: 'ab'.repeat(16), content: 'c0ffee', tag: 'cd'.repeat(16) };
const record = (before: object, after: object = value) => ({ field: 'UserApiKey', id: '1', before, after });
/** Format 1 knows no fields. */
const formatOneRecord = { id: '1', before: value, after: value };
const backup = (...records: object[]) => sealedFile([headerFor(env.DATABASE_URL, 2), ...records, { end: true }]);

/** A process that is asked to stop as soon as it says anything: before it connects to the database. */
function hostThatStops(variables: Host['env']): Host & { readonly said: () => string } {
  const controller = new AbortController();
  const said: string[] = [];
  const stderr = new Writable({
    write(chunk, _encoding, done) {
      said.push(String(chunk));
      controller.abort(interrupted('SIGINT'));
      done();
    },
  });
  return {
    argv: [],
    encryptedFields,
    env: variables,
    stdin: () => Readable.from([]),
    stdout: new PassThrough(),
    stderr,
    interruption: controller.signal,
    said: () => said.join(''),
  };
}

function restore(text: string, host: Host = hostThatStops(env)): Promise<number> {
  writeFileSync(file, text);
  return runRestore(given(['restore', file]), host);
}

describe('a restore', () => {
  it('needs no key, and says what it is going to restore before it connects', async () => {
    const host = hostThatStops(env);
    expect(await restore(backup(record(value)), host)).toBe(130);
    expect(host.said()).toContain(
      'backup: made 2026-01-01T00:00:00.000Z, 1 record, from key 0000000000000000 to key 1111111111111111',
    );
  });

  it('warns about a backup without checksums', async () => {
    const host = hostThatStops(env);
    expect(await restore(formatOneFile(headerFor(env.DATABASE_URL, 1), [formatOneRecord]), host)).toBe(130);
    expect(host.said()).toContain('warning: the backup has format 1, without checksums');
  });

  it.each<[title: string, records: object[], place: string]>([
    ['an iv of 11 bytes', [record({ ...value, iv: 'ab'.repeat(11) })], 'before.iv'],
    ['an empty iv', [record(value, { ...value, iv: '' })], 'after.iv'],
    ['a tag of 15 bytes', [record({ ...value, tag: 'cd'.repeat(15) })], 'before.tag'],
    ['half a byte of content', [record({ ...value, content: 'a' })], 'before.content'],
    ['a value that is no hex', [record({ ...value, tag: 'xy'.repeat(16) })], 'before.tag'],
    ['a tag that is null', [record({ ...value, tag: null })], 'before.tag'],
    ['a part that is missing', [record({ iv: value.iv, content: value.content })], 'before.tag'],
    ['contents of two lengths', [record({ ...value, content: 'ab' })], 'before.content'],
  ])('refuses a backup that would destroy what is stored, before it connects: %s', async (_title, records, place) => {
    expect(await problemsOf(restore(backup(...records)))).toEqual([
      { message: `line 2 of the backup file is not a valid record (${place})`, hint: 'use another copy of the file' },
    ]);
  });

  it('accepts an iv of 12 bytes, capitals, and no content', async () => {
    expect(
      await restore(backup(record({ iv: 'AB'.repeat(12), content: '', tag: 'CD'.repeat(16) }, { ...value, content: '' }))),
    ).toBe(130);
  });

  it('refuses a record with an extra part', async () => {
    expect(await problemsOf(restore(backup(record({ ...value, extra: 'x' }))))).toHaveLength(1);
  });

  it('ends with the exit code of the signal even while it reads the backup', async () => {
    writeFileSync(file, backup(record(value)));
    const interruption = AbortSignal.abort(interrupted('SIGINT'));
    expect(await main({ ...hostThatStops(env), argv: ['restore', file], interruption })).toBe(130);
  });

  it('reports every problem of its configuration at once', async () => {
    writeFileSync(file, backup(record(value)));
    const work = runRestore(given(['restore', file, `--report=${file}`]), hostThatStops({ DATABASE_URL: '' }));
    expect((await problemsOf(work)).map(({ message }) => message)).toEqual([
      'DATABASE_URL is empty',
      `--report: ${file} already exists`,
    ]);
  });
});

describe('a verification', () => {
  it.each([{}, { OLD_ENCRYPTION_KEY: 'nonsense' }])('needs no old key, and reads none: %j', async (old) => {
    const controller = new AbortController();
    controller.abort(interrupted('SIGTERM'));
    const host = hostThatStops({ ...env, ...old, NEW_ENCRYPTION_KEY: newKey() });
    expect(await runVerify(given('verify'), { ...host, interruption: controller.signal })).toBe(143);
  });
});
