import type { AadPiece } from './template.ts';

/** Makes the associated data of a value out of other columns of its row. */
export interface AssociatedData {
  /** The columns that it is made of, once each. */
  readonly columns: readonly string[];
  /** @returns the bytes, null for no associated data; or the first column that is null */
  of(stored: Readonly<Record<string, string | null>>): Buffer | null | { readonly nullColumn: string };
}

/** @param pieces - literal text and columns, whose texts are put together as UTF-8; null for no associated data */
export function createAssociatedData(pieces: readonly AadPiece[] | null): AssociatedData {
  if (pieces === null) return { columns: [], of: () => null };
  const columns = [...new Set(pieces.flatMap((piece) => ('column' in piece ? [piece.column] : [])))];
  return {
    columns,
    of(stored) {
      let text = '';
      for (const piece of pieces) {
        if ('literal' in piece) {
          text += piece.literal;
        } else {
          const held = stored[piece.column] ?? null;
          if (held === null) return { nullColumn: piece.column };
          text += held;
        }
      }
      return Buffer.from(text);
    },
  };
}
