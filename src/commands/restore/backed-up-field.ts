import { type BackupHeader, type CheckRecord, NAMELESS } from '../../backup/backup-format.ts';
import type { EncryptedField } from '../../database/encrypted-field.ts';
import { createLayout, type Layout } from '../../layout/layout.ts';
import type { ColumnLayout } from '../../layout/template.ts';

/** An encrypted field, as a backup of it is checked. */
export interface BackedUpField {
  readonly name: string;
  /** `schema.table` */
  readonly table: string;
  readonly layout: Layout;
  /** The column that holds the content. */
  readonly content: string;
}

export function backedUpFields(fields: readonly EncryptedField[], schema: string): readonly BackedUpField[] {
  return fields.map((field) => ({
    name: field.name,
    table: `${field.schema ?? schema}.${field.table}`,
    layout: createLayout(field.layout),
    content: field.layout.columns.find(holdsContent)?.column ?? '',
  }));
}

/** @param named - as the header of a backup names it: format 1 gives no name, and is of the first field of its table */
export function fieldOf(
  fields: readonly BackedUpField[],
  { name, table }: BackupHeader['fields'][number],
): BackedUpField | undefined {
  return fields.find((field) => field.table === table && (name === NAMELESS || field.name === name));
}

/** @returns the function that says what in a record cannot be part of an encrypted value: restoring it would destroy what is stored */
export function misfitOf(fields: readonly BackedUpField[]): CheckRecord {
  return ({ field: name, before, after }, header) => {
    const named = header.fields.find((each) => each.name === name);
    if (named === undefined) return 'field';
    const field = fieldOf(fields, named);
    // Of another table, or of a field that schema.prisma no longer has: refused with its name once the database is known.
    if (field === undefined) return null;
    const { layout, content } = field;
    const known = [...layout.columns, ...layout.bound];
    for (const [side, stored] of Object.entries({ before, after })) {
      const strange = Object.keys(stored).find((column) => !known.includes(column));
      if (strange !== undefined) return `${side}.${strange}`;
    }
    const [old, rotated] = [layout.parse(before), layout.parse(after)];
    if (old.kind !== 'value') return `before.${old.kind === 'malformed' ? old.column : content}`;
    if (rotated.kind !== 'value') return `after.${rotated.kind === 'malformed' ? rotated.column : content}`;
    // Both are the same plaintext, and a GCM ciphertext is as long as its plaintext: SP 800-38D, section 7.1.
    return old.value.content.length === rotated.value.content.length ? null : `before.${content}`;
  };
}

function holdsContent(column: ColumnLayout): boolean {
  if (column.kind === 'key-id') return false;
  const pieces = column.kind === 'json' ? Object.values(column.members).flat() : column.pieces;
  return pieces.some((piece) => 'run' in piece && piece.run.some(({ part }) => part === 'content'));
}
