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
  const encoding = commonEncoding(members.map((member) => member.encoding));
  if (encoding === null || encoding === 'bytes') return null;
  const pieces = Object.fromEntries(members.map(({ name, pieces: own }) => [name, own]));
  return { columns: [{ kind: 'json', column, encoding, members: pieces }], aad: null };
}

function commonEncoding(encodings: readonly Placed['encoding'][]): Placed['encoding'] | null {
  const [first, ...others] = new Set(encodings);
  if (first === undefined) return null;
  if (others.length === 0) return first;
  // A text that seems to be base64 may be of the other form, if it has no character of either alone.
  return [first, ...others].every((each) => each.startsWith('base64')) ? 'base64url' : null;
}
