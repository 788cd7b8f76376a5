import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { expectReadable, plantTables } from '../support/formats/planted.ts';
import { MODELS, TABLES } from '../support/formats/tables.ts';
import { useFormats } from '../support/formats/use-formats.ts';
import { encryptedFieldsOf } from '../support/tool/prisma-generate.ts';
import { runHere } from '../support/tool/run-here.ts';

const ROWS = 6;
const { database, oldKey, freshKey, env } = useFormats();
const text = readFileSync(path.resolve(import.meta.dirname, '..', '..', 'docs', 'adapting.md'), 'utf8');
/** The examples, each with its title. */
const EXAMPLES = text
  .split('\n### ')
  .slice(1)
  .map((section) => ({
    title: section.split('\n')[0] ?? '',
    schema: /^```prisma\n(?<schema>(?:.*\n)*?)```$/mu.exec(section)?.groups?.['schema'] ?? '',
  }));

describe('an example in docs/adapting.md', () => {
  it('is there for every format of the tests, and there is no other', () => {
    expect(text.match(/^```prisma$/gmu)).toHaveLength(EXAMPLES.length);
    expect(EXAMPLES.map(({ schema }) => schema).join('\n')).toBe(MODELS);
  });

  it.each(EXAMPLES.map(({ title, schema }) => [title, schema] as const))(
    'says all that a run has to know: %s',
    async (_title, schema) => {
      const fields = await encryptedFieldsOf(schema);
      const tables = TABLES.filter(({ model }) => schema.includes(model));
      const planted = await plantTables(database.pool, tables, oldKey, ROWS);
      try {
        const rehearsed = await runHere(['--dry-run'], env, false, fields);
        expect(rehearsed.code, rehearsed.stdout).toBe(0);
        expect((await runHere(['--batch-size', '100'], env, false, fields)).code).toBe(0);
        await expectReadable(database.pool, planted, freshKey, [oldKey]);
      } finally {
        for (const { name } of tables) await database.pool.query(`DROP TABLE "${name}"`);
      }
    },
  );
});

describe('the command in docs/adapting.md that writes a key in hex', () => {
  it('gives the bytes of the text', () => {
    const [, command = ''] = /^ +(printf .*)$/mu.exec(text) ?? [];
    const run = spawnSync('sh', ['-c', command], {
      env: { ...process.env, ENCRYPTION_SECRET: oldKey.toString() },
      encoding: 'utf8',
    });
    expect(run.stdout).toBe(oldKey.toString('hex'));
  });
});
