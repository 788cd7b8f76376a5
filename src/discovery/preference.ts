import type { ColumnLayout, LayoutDefinition, Piece } from '../layout/template.ts';

const ENCODINGS = ['bytes', 'hex', 'base64', 'base64url'];

/**
 * A text without `+`, `/`, `-` and `_` is both forms of base64. Which one its column has shows in other rows.
 *
 * @returns the layout with each of its columns in either form; the layout alone where it has no base64
 */
export function formsOf({ columns, aad }: LayoutDefinition): readonly LayoutDefinition[] {
  const forms = columns.reduce<readonly (readonly ColumnLayout[])[]>(
    (made, column) => made.flatMap((before) => formsOfColumn(column).map((form) => [...before, form])),
    [[]],
  );
  return forms.map((each) => ({ columns: each, aad }));
}

function formsOfColumn(column: ColumnLayout): readonly ColumnLayout[] {
  if (!('encoding' in column) || column.encoding === 'hex') return [column];
  return [
    { ...column, encoding: 'base64' },
    { ...column, encoding: 'base64url' },
  ];
}

/** Of two layouts that fit the same rows, the one with the smaller number is preferred: fewer columns, less literal text. */
export function complexity({ columns }: LayoutDefinition): number {
  return columns.reduce((sum, column) => sum + 10_000 + literals(column) * 10 + encodingRank(column), 0);
}

function encodingRank(column: ColumnLayout): number {
  return ENCODINGS.indexOf('encoding' in column ? column.encoding : column.kind);
}

function literals(column: ColumnLayout): number {
  const pieces: readonly Piece[] =
    column.kind === 'json' ? Object.values(column.members).flat() : 'pieces' in column ? column.pieces : [];
  return pieces.reduce((sum, piece) => sum + ('literal' in piece ? piece.literal.length : 0), 0);
}
