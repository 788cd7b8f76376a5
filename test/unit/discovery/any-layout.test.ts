import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recognize } from '../../../src/discovery/recognize.ts';
import { templateText } from '../../../src/discovery/template-text.ts';
import { defineColumn } from '../../../src/layout/define-column.ts';
import { defineLayout } from '../../../src/layout/define-layout.ts';
import { parseMark } from '../../../src/layout/parse-mark.ts';
import { type Sealed, seal } from '../../support/discovery/seal.ts';
import { newKey } from './given.ts';

const { bytes, key } = newKey();
const PARTS = ['iv', 'content', 'tag'] as const;
const SEPARATORS = ['', ':', '.', '|', ',', ';', '$', '~', '#', ' ', '::'];
const PREFIXES = ['', 'v1:', 'enc:v1:', 'v2', '{cipher}', '$aes-256-gcm$', 'enc "1" '];
const TYPES = { text: 'String', bytes: 'Bytes', json: 'Json' };

/** How an application may write a value: the order of the parts, those that are in a column of their own, and how text is encoded. */
const format = fc.record({
  order: fc.shuffledSubarray([...PARTS], { minLength: 3, maxLength: 3 }),
  ivBytes: fc.constantFrom(12 as const, 16 as const),
  cuts: fc.constantFrom<readonly number[]>([], [1], [2], [1, 2]),
  place: fc.constantFrom('one text', 'columns', 'members', 'bytes'),
  encoding: fc.constantFrom('hex' as const, 'base64' as const, 'base64url' as const),
  separator: fc.constantFrom(...SEPARATORS),
  prefix: fc.constantFrom(...PREFIXES),
});
type Format = typeof format extends fc.Arbitrary<infer T> ? T : never;

function groups({ order, cuts }: Format, value: Sealed): Buffer[] {
  const edges = [0, ...cuts, 3];
  return cuts.concat(3).map((to, index) => Buffer.concat(order.slice(edges[index], to).map((part) => value[part])));
}

/** @returns the kind of its columns, and a row of it */
function written(how: Format, value: Sealed): { kind: 'text' | 'bytes' | 'json'; row: Record<string, string> } {
  const cells = groups(how, value);
  const texts = cells.map((cell) => cell.toString(how.encoding));
  const named = Object.fromEntries(texts.map((text, index) => [`c${index}`, text]));
  switch (how.place) {
    case 'bytes':
      return { kind: 'bytes', row: Object.fromEntries(cells.map((cell, index) => [`c${index}`, cell.toString('hex')])) };
    case 'columns':
      return { kind: 'text', row: named };
    case 'members':
      return { kind: 'json', row: { c0: JSON.stringify(named) } };
    default: {
      // Without a separator the whole is encoded together.
      const text = how.separator === '' ? Buffer.concat(cells).toString(how.encoding) : texts.join(how.separator);
      return { kind: 'text', row: { c0: how.prefix + text } };
    }
  }
}

describe('any of the usual layouts', () => {
  it('is recognized, and its templates read as what was recognized', () => {
    fc.assert(
      fc.property(format, (how) => {
        const written12 = Array.from({ length: 12 }, () => written(how, seal(bytes, how.ivBytes)));
        const rows = written12.map(({ row }) => row);
        const kind = written12[0]?.kind ?? 'text';
        const columns = Object.keys(rows[0] ?? {}).map((name) => ({ name, kind }));
        const { values } = recognize({ columns, rows }, [key], 1e5);
        expect(values).toHaveLength(1);
        const [value] = values;
        if (value === undefined) return;
        expect(value.under.get(key.fingerprint)).toBe(rows.length);
        const defined = value.layout.columns.map((column) => ({
          layout: defineColumn(
            { name: column.column, type: TYPES[kind], isList: false },
            parseMark(`@encrypted ${templateText(column)}`),
          ),
          aad: null,
        }));
        expect(defineLayout(defined, [])).toEqual(value.layout);
      }),
      { numRuns: 300 },
    );
  });
});
