import type { ColumnLayout, Piece } from '../layout/template.ts';

/** @returns what stands behind `/// @encrypted` on the field of the column: the template and its options */
export function templateText(column: ColumnLayout): string {
  if (column.kind === 'key-id') return '{keyId}';
  const pieces = column.kind === 'json' ? Object.values(column.members).flat() : column.pieces;
  const template = column.kind === 'json' ? objectText(column.members) : quotedIfNeeded(piecesText(column.pieces));
  const encoding = column.kind === 'bytes' || column.encoding === 'hex' ? [] : [column.encoding];
  return [template, ...encoding, ...ivOption(pieces)].join(' ');
}

function objectText(members: Readonly<Record<string, readonly Piece[]>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(members).map(([name, pieces]) => [name, piecesText(pieces)])));
}

/** Braces of literal text are written twice. */
function piecesText(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) =>
      'literal' in piece ? piece.literal.replace(/[{}]/g, '$&$&') : piece.run.map(({ part }) => `{${part}}`).join(''),
    )
    .join('');
}

/** A template with white space, or one that could be taken for another kind, is written as JSON writes a text. */
function quotedIfNeeded(template: string): string {
  return /^["]|^\{"|[\s\p{C}]/u.test(template) ? JSON.stringify(template) : template;
}

function ivOption(pieces: readonly Piece[]): readonly string[] {
  const ivs = pieces.flatMap((piece) => ('run' in piece ? piece.run.filter(({ part }) => part === 'iv') : []));
  return ivs.flatMap(({ bytes }) => (bytes === null ? [] : [`iv=${bytes}`]));
}
