import type { ColumnLayout, Encoding, LayoutDefinition, Piece } from '../layout/template.ts';

/** What a text, that of a column or of a member of a JSON object, may hold. */
export interface Placed {
  readonly name: string;
  readonly encoding: Encoding | 'bytes';
  readonly pieces: readonly Piece[];
}

/** A text to search, whole: a cell, or a string in a JSON object. A cell of bytes is given in hex. */
export interface Unit {
  readonly name: string;
  readonly kind: 'text' | 'bytes';
  readonly text: string;
}

/** @param columns - each with a part of the value */
export function columnsDefinition(columns: readonly Placed[]): LayoutDefinition {
  return { columns: columns.map(columnLayout), aad: null };
}

function columnLayout({ name: column, encoding, pieces }: Placed): ColumnLayout {
  return encoding === 'bytes' ? { kind: 'bytes', column, pieces } : { kind: 'text', column, encoding, pieces };
}

/**
 * @param members - of the JSON object in the column, each with a part of the value
 * @returns null where they are encoded in different ways, which no template says
 */
export function jsonDefinition(column: string, members: readonly Placed[]): LayoutDefinition | null {
  const [first] = members;
  if (first === undefined || first.encoding === 'bytes') return null;
  const { encoding } = first;
  if (members.some((member) => member.encoding !== encoding)) return null;
  const pieces = Object.fromEntries(members.map((member) => [member.name, member.pieces]));
  return { columns: [{ kind: 'json', column, encoding, members: pieces }], aad: null };
}
