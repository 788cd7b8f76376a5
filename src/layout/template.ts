import type { Part } from '../crypto/encrypted-value.ts';

/** How bytes are written as text. */
export type Encoding = 'hex' | 'base64' | 'base64url';

/** A part in a run. `bytes` is its length; null: any that the part may have (iv 12 or 16, content any). A tag always has 16. */
export interface PartOf {
  readonly part: Part;
  readonly bytes: number | null;
}

/** Literal text, or a run: adjacent parts, encoded together (such as the base64 of content followed by tag). */
export type Piece = { readonly literal: string } | { readonly run: readonly PartOf[] };

/**
 * What a column holds. `column` is the name of the field in schema.prisma. Literal text and runs take turns. The literals of a `bytes`
 * column stand for their UTF-8 bytes; `members` are the members of a JSON object that hold parts, by name.
 */
export type ColumnLayout =
  | { readonly kind: 'text'; readonly column: string; readonly encoding: Encoding; readonly pieces: readonly Piece[] }
  | { readonly kind: 'bytes'; readonly column: string; readonly pieces: readonly Piece[] }
  | {
      readonly kind: 'json';
      readonly column: string;
      readonly encoding: Encoding;
      readonly members: Readonly<Record<string, readonly Piece[]>>;
    }
  | { readonly kind: 'key-id'; readonly column: string };

/** Literal text, or the text of another column of the row. */
export type AadPiece = { readonly literal: string } | { readonly column: string };

/** How an encrypted value is stored: every part in exactly one place, and what its tag is bound to besides (null: to nothing). */
export interface LayoutDefinition {
  readonly columns: readonly ColumnLayout[];
  readonly aad: readonly AadPiece[] | null;
}
