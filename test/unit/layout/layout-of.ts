import { expect } from 'vitest';
import type { EncryptedValue } from '../../../src/crypto/encrypted-value.ts';
import { defineColumn, type ModelField } from '../../../src/layout/define-column.ts';
import { defineLayout } from '../../../src/layout/define-layout.ts';
import { createLayout, type Layout, type StoredValue } from '../../../src/layout/layout.ts';
import { parseMark } from '../../../src/layout/parse-mark.ts';
import type { LayoutDefinition } from '../../../src/layout/template.ts';

/** Fields as a model has them: the type and, if it is part of the value, the mark behind it. `Json @encrypted {"iv":"{iv}"}` */
export type Fields = Readonly<Record<string, string>>;

/** The default of prisma/schema.prisma. */
export const HEX_COLUMNS: Fields = {
  iv: 'String @encrypted {iv}',
  content: 'String @encrypted {content}',
  tag: 'String @encrypted {tag}',
};

/** @returns what the marks say */
export function definitionOf(fields: Fields): LayoutDefinition {
  const all = Object.entries(fields).map(([name, line]) => {
    const [type = '', ...mark] = line.split(' ');
    const field: ModelField = { name, type: type.replace('[]', ''), isList: type.endsWith('[]') };
    return { field, mark: mark.join(' ') };
  });
  const columns = all.flatMap(({ field, mark: comment }) => {
    if (comment === '') return [];
    const mark = parseMark(comment);
    return [{ layout: defineColumn(field, mark), aad: mark.aad }];
  });
  return defineLayout(
    columns,
    all.flatMap(({ field, mark }) => (mark === '' ? [field] : [])),
  );
}

export function layoutOf(fields: Fields): Layout {
  return createLayout(definitionOf(fields));
}

/** @returns the value and its associated data; fails where the layout refuses the stored value */
export function valueIn(layout: Layout, stored: StoredValue): { value: EncryptedValue; aad: Buffer | null } {
  const parsed = layout.parse(stored);
  return parsed.kind === 'value' ? parsed : expect.fail(`no value, but ${JSON.stringify(parsed)}`);
}
