import { IV_BYTES, type Part, TAG_BYTES } from '../crypto/encrypted-value.ts';
import type { Layout, Misfit, Parsed, StoredValue } from './layout.ts';

/**
 * The three parts in hex, each in a column of its own.
 *
 * @param column - the name of the column that holds a part
 */
export function hexColumns(column: Readonly<Record<Part, string>>): Layout {
  return {
    columns: [column.iv, column.content, column.tag],
    bound: [],

    parse(stored): Parsed {
      const iv = parseHex(stored, column.iv, IV_BYTES);
      if (!Buffer.isBuffer(iv)) return iv;
      const content = parseHex(stored, column.content, null);
      if (!Buffer.isBuffer(content)) return content;
      const tag = parseHex(stored, column.tag, TAG_BYTES);
      if (!Buffer.isBuffer(tag)) return tag;
      return { kind: 'value', value: { iv, content, tag }, aad: null };
    },

    format: ({ iv, content, tag }) => ({
      [column.iv]: iv.toString('hex'),
      [column.content]: content.toString('hex'),
      [column.tag]: tag.toString('hex'),
    }),
  };
}

/** @param lengths - the bytes that it may have; null for any number */
function parseHex(stored: StoredValue, column: string, lengths: readonly number[] | null): Buffer | Parsed {
  const text = stored[column] ?? null;
  if (text === null) return malformed(column, 'null');
  if (lengths !== null && text === '') return malformed(column, 'empty');
  // Checked first: Buffer.from drops silently what it cannot read.
  if (!/^[0-9A-Fa-f]*$/.test(text)) return malformed(column, 'not-hex');
  if (text.length % 2 === 1) return malformed(column, 'odd-length');
  if (lengths !== null && !lengths.includes(text.length / 2)) return malformed(column, 'wrong-length');
  return Buffer.from(text, 'hex');
}

/** Not a closure of `parseHex`: tsx gives a closure its name, with Object.defineProperty, whenever it is made. */
function malformed(column: string, misfit: Misfit): Parsed {
  return { kind: 'malformed', column, misfit };
}
