import type { ModelField } from './define-column.ts';
import { MarkError } from './parse-mark.ts';
import { partsIn, tokensOf } from './parse-template.ts';
import type { AadPiece, ColumnLayout, LayoutDefinition } from './template.ts';

/** A column of a value, with what its mark says about the associated data. */
export interface DefinedColumn {
  readonly layout: ColumnLayout;
  readonly aad: string | null;
}

const AAD_TYPES = ['String', 'Int', 'BigInt'];

/**
 * Puts the columns of a value together.
 *
 * @param columns - one or more
 * @param unmarked - the fields of the model that are part of no value: what the associated data may be made of
 * @throws MarkError if a part is missing or in two places, or the associated data cannot be made
 */
export function defineLayout(columns: readonly DefinedColumn[], unmarked: readonly ModelField[]): LayoutDefinition {
  const layouts = columns.map(({ layout }) => layout);
  if (layouts.every(({ kind }) => kind === 'key-id')) {
    throw new MarkError(
      '{keyId} is of no value: give it the name of one, as in @encrypted(access) {keyId}; each value has a key id of its own',
    );
  }
  const problems = ['iv', 'content', 'tag', 'keyId'].flatMap((name) => {
    const places = layouts.flatMap((layout) => namesIn(layout).flatMap((each) => (each === name ? [layout.column] : [])));
    if (places.length === 0 && name !== 'keyId') return [`{${name}} is in no column of the value`];
    return places.length > 1 ? [`{${name}} is in two places: ${places.join(', ')}`] : [];
  });
  if (problems.length > 0) throw new MarkError(problems.join('; '));
  const [aad = null, ...others] = columns.flatMap((column) => (column.aad === null ? [] : [column.aad]));
  if (others.length > 0) throw new MarkError('aad= is given on two columns of the value');
  return { columns: layouts, aad: aad === null ? null : aadPieces(aad, unmarked) };
}

function namesIn(layout: ColumnLayout): readonly string[] {
  switch (layout.kind) {
    case 'key-id':
      return ['keyId'];
    case 'json':
      return Object.values(layout.members).flatMap(partsIn);
    case 'text':
    case 'bytes':
      return partsIn(layout.pieces);
  }
}

function aadPieces(aad: string, unmarked: readonly ModelField[]): readonly AadPiece[] {
  if (aad === '') throw new MarkError('aad="" is the same as no aad=');
  return tokensOf(aad).map((token) => {
    if ('literal' in token) return token;
    const field = unmarked.find(({ name }) => name === token.name);
    if (field === undefined)
      throw new MarkError(`aad= names {${token.name}}, which is no field of the model, or one that is marked`);
    if (field.isList || !AAD_TYPES.includes(field.type)) {
      throw new MarkError(`aad= names {${token.name}}, but only a String, an Int and a BigInt have a text that is certain`);
    }
    return { column: field.name };
  });
}
