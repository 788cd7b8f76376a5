import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { type CronEntry, readCrontab } from '../support/schedules/crontab.ts';
import { readExample } from '../support/schedules/examples.ts';
import { createMachine } from '../support/schedules/machine.ts';
import { only, readUnitFile } from '../support/schedules/unit-file.ts';
import { expectAllUnder, fillTable, readTable, useDatabase } from '../support/table/database.ts';
import { secret } from '../support/tool/known-secrets.ts';

const database = useDatabase();
secret(database.url);
const [oldKey, freshKey, strangeKey] = [secret(newKey()), secret(newKey()), secret(newKey())];

const [, environmentFile = ''] = /^cat > \S+env <<'END'\n((?:.*\n)*?)END$/mu.exec(readExample('../scheduling.md')) ?? [];
const machine = createMachine({
  '/etc/rotate-encryption-key/env': environmentFile,
  '/etc/rotate-encryption-key/encryption-keys': `${freshKey} ${oldKey}\n`,
  '/etc/rotate-encryption-key/database-url': `${database.url}\n`,
});
afterAll(() => machine.remove());
const registry = readFileSync(path.join(import.meta.dirname, '..', '..', 'prisma', 'encryption-keys.sql'), 'utf8');
beforeAll(() => database.pool.query(registry));
const METRICS = '/var/lib/prometheus/node-exporter/encryption-keys.prom';

describe('docs/examples/crontab', () => {
  const { variables, entries } = readCrontab(readExample('crontab'));
  const [sweep, status] = entries as readonly [CronEntry, CronEntry];
  const mail = (entry: CronEntry) => machine.cron(entry, variables['PATH'] ?? '');

  it('has two entries, and tells a person of their output', () => {
    expect(entries).toHaveLength(2);
    expect(variables['MAILTO']).toMatch(/.@./u);
  });

  it('moves what is under the old key, and mails nothing, nor on the next night', async () => {
    const plaintexts = await fillTable(database, oldKey, 20);
    expect(await mail(sweep)).toBe('');
    expectAllUnder(freshKey, await readTable(database), plaintexts);
    expect(await mail(sweep)).toBe('');
  });

  it('mails the exit code and the whole output if a value cannot be decrypted', async () => {
    await fillTable(database, oldKey, 2);
    await fillTable(database, strangeKey, 1);
    expect(await mail(sweep)).toMatch(/^exit code 3: [\s\S]*rotate-encryption-key: database: [\s\S]*1 of 3 rows[\s\S]*\bnext:/u);
  });

  it('mails that something is due before the sweep, and three days after the last one, and writes the metrics', async () => {
    await fillTable(database, oldKey, 2);
    expect(await mail(status)).toMatch(/^exit code 7: /u);
    expect(readFileSync(machine.at(METRICS), 'utf8')).toMatch(/^encryption_keys_due 1$/mu);

    expect(await mail(sweep)).toBe('');
    expect(await mail(status)).toBe('');
    expect(readFileSync(machine.at(METRICS), 'utf8')).toMatch(/^encryption_keys_due 0$/mu);

    await database.pool.query("UPDATE encryption_keys SET last_verified_at = last_verified_at - interval '73 hours'");
    expect(await mail(status)).toMatch(/^exit code 7: /u);
    expect(await mail(sweep)).toBe('');
    expect(await mail(status)).toBe('');
  });
});

describe('docs/examples/*.service', () => {
  const sweep = readUnitFile(readExample('rotate-encryption-key.service'));
  const status = readUnitFile(readExample('encryption-key-status.service'));

  it('moves what is under the old key, with the credentials that systemd would pass', async () => {
    const plaintexts = await fillTable(database, oldKey, 20);
    expect(await machine.service(sweep)).toMatchObject({ code: 0, said: expect.stringContaining('every row is under') });
    expectAllUnder(freshKey, await readTable(database), plaintexts);
  });

  it('says with exit code 7 that something is due, and writes the metrics where it may', async () => {
    await fillTable(database, oldKey, 2);
    expect(await machine.service(status)).toMatchObject({ code: 7 });
    expect(METRICS.startsWith(`${only(status, 'ReadWritePaths')}/`)).toBe(true);
    expect(readFileSync(machine.at(METRICS), 'utf8')).toMatch(/^encryption_keys_due 1$/mu);
  });

  it('differ only in what they are for', () => {
    const own = ['Description', 'ExecStart', 'ReadWritePaths', 'UMask'];
    const shared = (unit: typeof sweep) => [...unit].filter(([name]) => !own.includes(name));
    expect(shared(status)).toEqual(shared(sweep));
  });
});
