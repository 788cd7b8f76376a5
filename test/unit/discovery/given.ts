import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { importEncryptionKey } from '../../../src/crypto/encryption-key.ts';
import { recognize } from '../../../src/discovery/recognize.ts';
import type { ColumnKind, SampledColumn } from '../../../src/discovery/sample.ts';
import { templateText } from '../../../src/discovery/template-text.ts';
import { createLayout, type StoredValue } from '../../../src/layout/layout.ts';

/** A key as applications have it, and as the tool does. */
export function newKey() {
  const bytes = randomBytes(32);
  return { bytes, key: importEncryptionKey(bytes.toString('hex')) };
}

/** Columns of text by their names; `name: kind` for others. */
export function columnsOf(...names: readonly string[]): SampledColumn[] {
  return names.map((each) => {
    const [name = '', kind = 'text'] = each.split(': ');
    return { name, kind: kind === 'bytes' || kind === 'json' ? kind : ('text' satisfies ColumnKind) };
  });
}

export function rowsOf(count: number, row: (index: number) => StoredValue): StoredValue[] {
  return Array.from({ length: count }, (_, index) => row(index));
}

const MANY = 100_000;

/** @returns the templates that were recognized, by column, each value with the rows that were decrypted */
export function recognized(
  columns: readonly SampledColumn[],
  rows: readonly StoredValue[],
  ...keys: ReturnType<typeof newKey>[]
) {
  const found = recognize(
    { columns, rows },
    keys.map(({ key }) => key),
    MANY,
  );
  expect(found.complete).toBe(true);
  return found.values.map(({ layout, under }) => {
    // What it says of itself is what the layout reads.
    const read = rows.filter((row) => createLayout(layout).parse(row).kind === 'value').length;
    const counts = [...under.values()].reduce((sum, count) => sum + count, 0);
    expect(counts).toBeLessThanOrEqual(read);
    return { ...Object.fromEntries(layout.columns.map((column) => [column.column, templateText(column)])), rows: counts };
  });
}

/** Texts that look encrypted and are not. */
export const LOOKALIKES: Readonly<Record<string, () => string>> = {
  uuid: () => randomUUID(),
  'uuid without hyphens': () => randomUUID().replaceAll('-', ''),
  md5: () => randomBytes(16).toString('hex'),
  sha256: () => createHash('sha256').update(randomBytes(8)).digest('hex'),
  'object id': () => randomBytes(12).toString('hex'),
  base64: () => randomBytes(48).toString('base64'),
  bcrypt: () => `$2b$10$${randomBytes(40).toString('base64').replaceAll('+', '.').slice(0, 53)}`,
  jwt: () => [20, 60, 32].map((bytes) => randomBytes(bytes).toString('base64url')).join('.'),
  'iv:content:tag under another key': () => [12, 20, 16].map((bytes) => randomBytes(bytes).toString('hex')).join(':'),
  json: () => JSON.stringify({ iv: randomBytes(12).toString('hex'), data: 'abcd', tag: randomBytes(16).toString('hex') }),
  prose: () => 'The quick brown fox jumps over the lazy dog, and then it sleeps',
  empty: () => '',
};
