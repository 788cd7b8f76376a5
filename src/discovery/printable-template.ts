import type { ColumnLayout, Piece } from '../layout/template.ts';

/** Literal text comes from cells. A version, or a name that ends in a separator, is a form; anything else could be data. */
const FORM = /^(?:[A-Za-z]{0,8}\d{0,3}[:.|,;$\-_~#/]{1,2}){0,2}$/;
const VERSION = /^(?:[vV]\d{1,2})?[:.|,;$\-_~#/]{0,2}$/;
const MEMBER = /^[A-Za-z_]\w{0,31}$/;
const MOST_CHARACTERS = 16;

/**
 * Whether the template of a column may be shown: what is in it besides the parts came from the cells of the sample, where it could be
 * a part of a plaintext or a name.
 *
 * @param rows - in how many rows of the sample exactly this template decrypted a value: what stands in one row alone is no form
 */
export function isPrintable(column: ColumnLayout, rows: number): boolean {
  if (column.kind === 'key-id') return true;
  if (column.kind !== 'json') return column.pieces.every((piece) => isForm(piece, rows));
  const isNamed = Object.keys(column.members).every((name) => MEMBER.test(name));
  return isNamed && rows > 1 && Object.values(column.members).every((pieces) => pieces.every((piece) => isForm(piece, rows)));
}

function isForm(piece: Piece, rows: number): boolean {
  if ('run' in piece) return true;
  return piece.literal.length <= MOST_CHARACTERS && (VERSION.test(piece.literal) || (rows > 1 && FORM.test(piece.literal)));
}
