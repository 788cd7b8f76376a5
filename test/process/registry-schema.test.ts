import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { useApplication } from '../support/service/use-application.ts';
import { secret } from '../support/tool/known-secrets.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const { database, runScript } = useApplication();
const { pool } = database;
const key = secret(newKey());

const model = readFileSync(path.join(root, 'prisma', 'encryption-keys.prisma'), 'utf8');

describe('the registry in prisma/', () => {
  it('has the same columns in SQL and in the model', async () => {
    const [, body = ''] = /^model EncryptionKey \{\n((?:.*\n)*?)\}$/mu.exec(model) ?? [];
    const columns = [...body.matchAll(/^ {2}(\w+) +\w+(\??)(?: .*@map\("(\w+)"\).*| .*)?$/gmu)].map(
      ([, name, mark, column = name]) => ({ column_name: column, optional: mark === '?' }),
    );
    const { rows } = await pool.query(
      `SELECT column_name, is_nullable = 'YES' AS optional FROM information_schema.columns
        WHERE table_name = 'encryption_keys' ORDER BY ordinal_position`,
    );
    expect(columns).toEqual(rows);
  });

  it('has the same foreign key in SQL and in the model, which nothing cascades through', async () => {
    const relation = /@relation\(fields: \[keyId\], references: \[(\w+)\], onUpdate: NoAction, onDelete: NoAction\)/u.exec(model);
    const { rows } = await pool.query(
      "SELECT pg_get_constraintdef(oid) AS sql FROM pg_constraint WHERE contype = 'f' AND confrelid = 'encryption_keys'::regclass",
    );
    expect(rows).toEqual([{ sql: `FOREIGN KEY (key_id) REFERENCES encryption_keys(${relation?.[1]})` }]);
  });

  it('is read and written by a generated client, each column in its type, except for the one that PostgreSQL makes', async () => {
    const work = `import { prisma } from './dist/prisma.js';
      const [fingerprint, id] = process.argv.slice(1);
      const when = new Date('2026-01-02T03:04:05.678Z');
      const data = { fingerprint, source: 'text', createdAt: when, activatedAt: when, lastVerifiedAt: when, unusedSince: when, escrowCheckedAt: when,
        operator: 'o', host: 'h', reason: 'r', runId: id, rows: 12345678901n };
      await prisma.encryptionKey.create({ data });
      const read = async () => { const { rows, ...row } = await prisma.encryptionKey.findUnique({ where: { fingerprint } }); return { ...row, rows: String(rows) }; };
      const created = await read();
      await prisma.encryptionKey.update({ where: { fingerprint }, data: { retiredAt: when } });
      say([created, await read()])`;
    const [fingerprint, id, when] = [fingerprintOf(key), randomUUID(), '2026-01-02T03:04:05.678Z'];
    const times = { createdAt: when, activatedAt: when, lastVerifiedAt: when, unusedSince: when, escrowCheckedAt: when };
    const others = { fingerprint, source: 'text', operator: 'o', host: 'h', reason: 'r', runId: id, rows: '12345678901' };
    expect(await runScript(work, key, fingerprint, id)).toEqual([
      { ...times, ...others, retiredAt: null, active: fingerprint },
      { ...times, ...others, retiredAt: when, active: null },
    ]);
  });
});
