import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import { decrypt, newKey } from '../support/application/application.ts';
import {
  bringShares,
  follow,
  hasAgeAndPython,
  holdCeremony,
  pythonOfTheDocument,
  sayIfNoAge,
} from '../support/escrow/document.ts';
import { hasMoto, sayIfNoMoto, startMoto } from '../support/keys/moto.ts';
import { readTable, useDatabase } from '../support/table/database.ts';
import { count, expectIntact, plant } from '../support/table/witness.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runTool, workFolder } from '../support/tool/run-tool.ts';

sayIfNoMoto('escrow-drill');
sayIfNoAge('escrow-drill');
const database = useDatabase();
const ROWS = 20;

it.skipIf(!hasMoto || !hasAgeAndPython)(
  'brings every value back from a backup of the database, three shares and docs/escrow.md alone, when the KMS is gone',
  async () => {
    const [oldKey, hidden] = [secret(newKey()), secret(newKey())];
    const keys = { old: oldKey, new: hidden };
    const moto = await startMoto(secret(newKey()));
    await moto.createKey('alias/app');
    const reference = `awskms:///alias/app#${await moto.wrap('alias/app', Buffer.from(hidden, 'hex'))}`;

    // Before: the values move to a key that only the KMS can unwrap, which was split first.
    const env = { ...moto.env, DATABASE_URL: database.url, OLD_ENCRYPTION_KEY: oldKey, NEW_ENCRYPTION_KEY: reference };
    const { custodians } = await holdCeremony({ ...moto.env, NEW_ENCRYPTION_KEY: reference });
    const planted = await plant(database, keys, ROWS);
    const rotated = await runTool([], env);
    expect(rotated.code, rotated.stderr).toBe(0);
    const backup = path.join(workFolder, 'database.json');
    await backUp(backup);

    // The disaster: no KMS, no table, no key anywhere.
    await moto.stop();
    await database.pool.query('TRUNCATE users CASCADE');
    expect((await runTool(['verify'], env)).code).toBe(2);

    // After: the backup, and three of the custodians with what the document has them type. The tool has no part in it.
    await restore(backup);
    const machine = await bringShares([1, 2, 4].map((index) => custodians[index] ?? ''));
    for (const name of ['scripts', 'src']) rmSync(path.join(machine, name));
    await follow('decrypt', machine);
    writeFileSync(path.join(machine, 'recovery', 'recover.py'), pythonOfTheDocument());
    await follow('python', machine);
    const recovered = readFileSync(path.join(machine, 'recovery', 'key'), 'utf8').trim();
    const values = (await readTable(database)).map((row) => [row.id, decrypt(recovered, row)?.toString()] as const);
    expect(new Map(values)).toEqual(planted.plaintexts);
    expect(values).toHaveLength(ROWS);

    // And then on with the tool: the key in the place of the reference, and away from it.
    const key = path.join(machine, 'recovery', 'key');
    const verified = await runTool(['verify'], { DATABASE_URL: database.url, NEW_ENCRYPTION_KEY_FILE: key });
    expect(verified.stdout).toContain(`done: the new key decrypts all ${ROWS} rows\n`);
    const next = { old: hidden, new: secret(newKey()) };
    const away = await runTool([], { DATABASE_URL: database.url, OLD_ENCRYPTION_KEY_FILE: key, NEW_ENCRYPTION_KEY: next.new });
    expect(away.code, away.stderr).toBe(0);
    expect(count(await expectIntact(database, next, planted), 'new')).toBe(ROWS);
  },
  240_000,
);

/** The tables as JSON: a program such as pg_dump may be missing, or older than the server. */
const TABLES = ['users', 'user_api_keys'];

async function backUp(file: string): Promise<void> {
  const tables: Record<string, unknown> = {};
  for (const table of TABLES) {
    const { rows } = await database.pool.query(`SELECT json_agg(t) AS rows FROM ${table} t`);
    tables[table] = rows[0]?.rows;
  }
  writeFileSync(file, JSON.stringify(tables));
}

async function restore(file: string): Promise<void> {
  const tables = JSON.parse(readFileSync(file, 'utf8'));
  const client = new Client(database.url);
  await client.connect();
  for (const table of TABLES)
    await client.query(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1)`, [
      JSON.stringify(tables[table]),
    ]);
  await client.end();
}
