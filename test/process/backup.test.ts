import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decrypt, encrypt } from '../support/application/application.ts';
import { fillTable, readTable } from '../support/table/database.ts';
import { fileContents, sealedFile } from '../support/tool/backup-file.ts';
import { runHere } from '../support/tool/run-here.ts';
import { startTool, workFolder } from '../support/tool/run-tool.ts';
import { useBackup } from '../support/tool/use-backup.ts';
import { withoutTlsWarning } from '../support/tool/without-tls-warning.ts';

const { database, oldKey, freshKey, env, withoutKeys, backup } = useBackup();

function records(file: string): { id: string; before: object; after: object }[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(1, -2)
    .map((line) => JSON.parse(line));
}

describe('rotate --backup', () => {
  it.each([1, 7])(
    'writes each old and each new value, readable only by its owner, and no secret (batches of %i)',
    async (rows) => {
      const plaintexts = await fillTable(database, oldKey, 20);
      const before = await readTable(database);
      const { code } = await runHere(['--backup', backup, '--batch-size', String(rows)], env);
      expect(code).toBe(0);
      expect(statSync(backup).mode & 0o777).toBe(0o600);
      const after = await readTable(database);
      const value = ({ iv, content, tag }: (typeof before)[number]) => ({ iv, content, tag });
      expect(records(backup)).toEqual(
        before.map((row, index) => ({
          field: 'UserApiKey',
          id: row.id,
          before: value(row),
          after: after[index] && value(after[index]),
          checksum: expect.stringMatching(/^[0-9a-f]{16}$/u),
        })),
      );
      const text = readFileSync(backup, 'utf8');
      expect(text).toBe(sealedFile(fileContents(text)));
      expect(fileContents(text).at(-1)).toEqual({ end: true });
      for (const leak of [oldKey, freshKey, ...plaintexts.values()]) expect(text).not.toContain(leak);
    },
  );

  it('refuses a file that exists, and creates none if there is nothing to write', async () => {
    await fillTable(database, freshKey, 3);
    expect((await runHere(['--backup', backup], env)).code).toBe(0);
    expect(existsSync(backup)).toBe(false);
    writeFileSync(backup, 'precious');
    const { code, stderr } = await runHere(['--backup', backup], env);
    expect(code).toBe(2);
    expect(stderr).toContain(`--backup: ${backup} already exists`);
    expect(readFileSync(backup, 'utf8')).toBe('precious');
  });

  it('refuses a folder that does not exist, and --dry-run', async () => {
    expect((await runHere(['--backup', '/no/such/folder/backup'], env)).code).toBe(2);
    expect((await runHere(['--backup', backup, '--dry-run'], env)).code).toBe(2);
  });

  it('writes nothing to the table if the backup cannot be written', async () => {
    await fillTable(database, oldKey, 5);
    const before = await readTable(database);
    const tool = startTool(['--backup', backup], { ...env, NODE_OPTIONS: `--import ${fullDisk()}` });
    const { code, stdout, stderr } = await tool.end;
    expect(stderr).toContain('cannot be written (ENOSPC)');
    expect(code).toBe(4);
    expect(stdout).toContain('nothing was written');
    // After a line that a full disk truncated, another would look like damage.
    expect(readFileSync(backup, 'utf8')).not.toContain('"end"');
    expect(`${stdout}${stderr}`).not.toContain('the server may still be executing the write');
    expect(await readTable(database)).toEqual(before);
  });
});

describe('restore', () => {
  it('puts back every byte without any key, updated_at included, and is harmless when repeated', async () => {
    await fillTable(database, oldKey, 700);
    const before = await readTable(database);
    await runHere(['--backup', backup, '--batch-size', '100'], env);
    const rotated = await readTable(database);

    const rehearsal = await runHere(['restore', backup, '--dry-run'], withoutKeys);
    expect(rehearsal).toMatchObject({ code: 0 });
    expect(rehearsal.stdout).toContain('a restore would put back 700 rows');
    expect(await readTable(database)).toEqual(rotated);

    const { code, stdout } = await runHere(['restore', backup], withoutKeys);
    expect(code).toBe(0);
    expect(stdout).toContain('put back 700 rows');
    expect(await readTable(database)).toEqual(before);

    const again = await runHere(['restore', backup, '--json'], withoutKeys);
    const none = { restored: 0, alreadyRestored: 700, gone: 0, changed: 0, changedIds: [] };
    expect(JSON.parse(again.stdout)).toMatchObject({ fields: [{ restore: none }] });
    const census = await runHere(['--dry-run', '--json'], env);
    expect(JSON.parse(census.stdout)).toMatchObject({ ending: 'rehearsed', fields: [{ before: { rows: 700, unreadable: 0 } }] });
    expect(census.stderr).toContain('700 rows: 700 under the old key');
  });

  it('leaves alone, counts and lists what the application changed or deleted since', async () => {
    await fillTable(database, oldKey, 10);
    const before = await readTable(database);
    await runHere(['--backup', backup], env);
    const [changed, gone] = before.map(({ id }) => id);
    const value = encrypt(freshKey, 'set by the application after the rotation');
    await database.pool.query('UPDATE user_api_keys SET iv = $1, content = $2, tag = $3 WHERE id = $4', [
      value.iv,
      value.content,
      value.tag,
      changed,
    ]);
    await database.pool.query('DELETE FROM user_api_keys WHERE id = $1', [gone]);

    const { code, stdout } = await runHere(['restore', backup], withoutKeys);

    expect(code).toBe(0);
    expect(stdout).toContain('put back 8 rows');
    expect(stdout).toContain('1 row was not found by id: deleted, or hidden by a damaged index');
    expect(stdout).toContain('1 row has changed since the backup, and was left alone');
    expect(stdout).toContain(`row ${changed}: has changed`);
    const after = await readTable(database);
    expect(after.slice(1)).toEqual(before.slice(2));
    expect(decrypt(freshKey, after[0] ?? value)?.toString()).toBe('set by the application after the rotation');
  });

  it('ignores a last line that a crash left incomplete, and refuses any other damage with its line number', async () => {
    await fillTable(database, oldKey, 5);
    await runHere(['--backup', backup], env);
    const rotated = await readTable(database);
    const lines = readFileSync(backup, 'utf8').split('\n');
    const damaged = `${backup}-damaged`;
    writeFileSync(damaged, lines.toSpliced(2, 1, (lines[2] ?? '').slice(0, -5)).join('\n'));
    const refused = await runHere(['restore', damaged], withoutKeys);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('line 3 of the backup file is damaged');
    expect(await readTable(database)).toEqual(rotated);

    writeFileSync(damaged, `${lines.slice(0, 6).join('\n')}\n${(lines[6] ?? '').slice(0, 20)}`);
    const { code, stdout, stderr } = await runHere(['restore', damaged], withoutKeys);
    expect(code).toBe(0);
    expect(stdout).toContain('put back 5 rows');
    expect(stderr).toContain('warning: the last line of the backup is incomplete');
    expect(stderr).not.toContain('end line');
  });

  it('restores what a killed run left behind, and says that the end is missing', async () => {
    await fillTable(database, oldKey, 3);
    const before = await readTable(database);
    await runHere(['--backup', backup], env);
    const complete = await runHere(['restore', backup, '--dry-run'], withoutKeys);
    expect(withoutTlsWarning(complete.stderr)).not.toContain('warning');
    const lines = readFileSync(backup, 'utf8').split('\n');
    writeFileSync(backup, `${lines.slice(0, 4).join('\n')}\n`);
    const { code, stderr } = await runHere(['restore', backup], withoutKeys);
    expect(code).toBe(0);
    expect(stderr).toContain(
      'warning: the backup has no end line: the run that wrote it was killed or could not write on, or this copy of the file',
    );
    expect(await readTable(database)).toEqual(before);
  });

  it('accepts a complete last line that lacks only its newline', async () => {
    await fillTable(database, oldKey, 3);
    const before = await readTable(database);
    await runHere(['--backup', backup], env);
    writeFileSync(backup, readFileSync(backup, 'utf8').trimEnd());
    const { code, stderr } = await runHere(['restore', backup], withoutKeys);
    expect({ code, warned: stderr.includes('torn') }).toEqual({ code: 0, warned: false });
    expect(await readTable(database)).toEqual(before);
  });

  it('does not doubt the file if the restore is repeated', async () => {
    await fillTable(database, oldKey, 3);
    await runHere(['--backup', backup], env);
    const value = encrypt(freshKey, 'set since');
    await database.pool.query(
      'UPDATE user_api_keys SET iv = $1, content = $2, tag = $3 WHERE id = (SELECT id FROM user_api_keys LIMIT 1)',
      [value.iv, value.content, value.tag],
    );
    await runHere(['restore', backup], withoutKeys);
    const { code, stdout } = await runHere(['restore', backup], withoutKeys);
    expect(code).toBe(0);
    expect(stdout).toContain('2 rows already held the value from the backup');
    expect(stdout).not.toContain('right file');
  });

  it('refuses the backup of another database or table, and a file that is missing', async () => {
    await fillTable(database, oldKey, 2);
    await runHere(['--backup', backup], env);
    const [header, ...rest] = fileContents(readFileSync(backup, 'utf8'));
    for (const other of [
      { database: { host: 'h', port: 1, name: 'elsewhere' } },
      { fields: [{ name: 'UserApiKey', table: 'public.other_keys' }] },
    ]) {
      writeFileSync(`${backup}-other`, sealedFile([{ ...header, ...other }, ...rest]));
      const { code, stderr } = await runHere(['restore', `${backup}-other`], withoutKeys);
      expect(stderr).toContain('error: the backup is of table ');
      expect(code).toBe(2);
    }
    expect((await runHere(['restore', `${backup}-missing`], withoutKeys)).code).toBe(2);
    expect((await runHere(['restore'], withoutKeys)).code).toBe(2);
  });
});

/** @returns the url of a module that makes every flush to the disk fail as on a full one */
function fullDisk(): string {
  const file = path.join(workFolder, 'full-disk.mjs');
  writeFileSync(
    file,
    `import { open } from 'node:fs/promises';
     const handle = await open(process.execPath);
     Object.getPrototypeOf(handle).datasync = async () => { throw Object.assign(new Error('full'), { code: 'ENOSPC' }); };
     await handle.close();`,
  );
  return file;
}
