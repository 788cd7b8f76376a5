import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { conclude } from '../../../../src/commands/status/conclusion.ts';
import { dueOf } from '../../../../src/commands/status/due.ts';
import { factsOf } from '../../../../src/commands/status/facts.ts';
import { reportOf } from '../../../../src/commands/status/json.ts';
import { stepOf } from '../../../../src/commands/status/steps.ts';
import { statusSchema } from '../../../../src/report/status-schema.ts';
import { formatConclusion } from '../../../../src/report/summary.ts';
import { wordsFor } from '../../../../src/report/total.ts';
import { NOW } from './given.ts';
import { SITUATIONS } from './situations.ts';

const COLUMNS = 80;
const DATABASE = { name: 'app', host: 'db.example.com', port: 5432, schema: 'public', user: 'app' };
const TABLES = ['public.user_api_keys'];

describe('the JSON of a status', () => {
  it('is described by docs/status.schema.json, which `vitest run -u` regenerates', async () => {
    const schema = `${JSON.stringify(z.toJSONSchema(statusSchema), null, 2)}\n`;
    await expect(schema).toMatchFileSnapshot(path.join(import.meta.dirname, '../../../../docs/status.schema.json'));
  });
});

describe('the summary of a status', () => {
  it.each(SITUATIONS)('says where the rotation is: $title', ({ of, step: expected, due: expectedDue, limits }) => {
    const words = wordsFor(1);
    const step = stepOf(of);
    const due = dueOf(of, limits, words);
    const conclusion = conclude(of, step, due, words);
    expect({ step: step.kind, due: due.map(({ kind }) => kind) }).toEqual({ step: expected, due: expectedDue });
    expect(conclusion.exitCode).toBe(expectedDue.length > 0 ? 7 : 0);
    expect(statusSchema.safeParse(reportOf(of, step, due, conclusion, DATABASE, TABLES, NOW)).error).toBeUndefined();
    const text = formatConclusion(conclusion, factsOf(of, step, DATABASE, TABLES, words), false, COLUMNS);
    for (const line of text.split('\n')) if (!line.includes('npx tsx')) expect(line.length, line).toBeLessThanOrEqual(COLUMNS);
    expect(`\n${text}\n`).toMatchSnapshot();
  });

  it('never speaks of retiring a key that has values, or may have', () => {
    for (const { of, limits } of SITUATIONS) {
      const step = stepOf(of);
      const { nextSteps } = conclude(of, step, dueOf(of, limits, wordsFor(1)), wordsFor(1));
      const named = [...nextSteps.join(' ').matchAll(/retire\s([0-9a-f]{16})/gu)].map(([, fingerprint]) => fingerprint);
      const keys = of.keys.filter(({ fingerprint }) => named.includes(fingerprint));
      // Of a retired one, the command says what let the values through.
      const wrong = keys.filter(
        ({ count, entry }) => entry?.retired_at === null && (count.kind === 'unknown' || count.values > 0),
      );
      expect(wrong).toEqual([]);
      expect(named).not.toContain(of.target.entry?.retired_at === null ? of.target.fingerprint : '');
    }
  });
});
