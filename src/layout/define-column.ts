import { foreignCharacter } from './encoding.ts';
import { type Mark, MarkError } from './parse-mark.ts';
import { parseMembers, parsePieces, partsIn } from './parse-template.ts';
import type { ColumnLayout, Encoding, Piece } from './template.ts';

/** A field of a model, as far as it matters here. */
export interface ModelField {
  readonly name: string;
  /** As schema.prisma names it: String, Int, Bytes, Json, or the name of an enum. */
  readonly type: string;
  readonly isList: boolean;
}

/**
 * Says what the column of a marked field holds.
 *
 * @throws MarkError if the type of the field does not suit, or parts could not be told apart
 */
export function defineColumn({ name, type, isList }: ModelField, mark: Mark): ColumnLayout {
  const { template, encoding, ivBytes } = mark;
  if (isList) throw new MarkError('is a list, so it cannot hold an encrypted value');
  if (template.kind === 'text' && template.source === '{keyId}') {
    if (type !== 'String') throw new MarkError(`is of type ${type}, but a key id needs String`);
    if (encoding !== null || ivBytes !== null) throw new MarkError('a key id takes neither an encoding nor iv=');
    return { kind: 'key-id', column: name };
  }
  const column = partColumn(name, type, mark);
  const texts = column.kind === 'json' ? Object.values(column.members) : [column.pieces];
  const parts = texts.flatMap(partsIn);
  if (parts.length === 0) throw new MarkError('the template has none of the parts {iv}, {content} and {tag}');
  if (ivBytes !== null && !parts.includes('iv')) throw new MarkError(`iv=${ivBytes} is for the template that has {iv}`);
  for (const pieces of texts) checkApart(pieces, column.kind === 'bytes' ? null : column.encoding);
  return column;
}

function partColumn(
  name: string,
  type: string,
  { template, encoding, ivBytes }: Mark,
): Exclude<ColumnLayout, { kind: 'key-id' }> {
  if (template.kind === 'json') {
    if (type !== 'Json' && type !== 'String') throw new MarkError(`is of type ${type}, but a JSON template needs Json or String`);
    return { kind: 'json', column: name, encoding: encoding ?? 'hex', members: parseMembers(template.source, ivBytes) };
  }
  if (type === 'Json') throw new MarkError('is of type Json, so its template has to be a JSON object');
  if (type !== 'String' && type !== 'Bytes') throw new MarkError(`is of type ${type}, but the template needs String or Bytes`);
  const pieces = parsePieces(template.source, ivBytes);
  if (type === 'String') return { kind: 'text', column: name, encoding: encoding ?? 'hex', pieces };
  if (encoding !== null) throw new MarkError(`is of type Bytes, which holds the bytes themselves, so it takes no ${encoding}`);
  return { kind: 'bytes', column: name, pieces };
}

/**
 * Of two runs whose lengths vary, the first ends at a character between them that is in neither. Base64 may end with `=`, so no literal
 * behind it may begin with that.
 *
 * @param encoding - null for bytes, which may be any
 */
function checkApart(pieces: readonly Piece[], encoding: Encoding | null): void {
  let varying: string | null = null;
  let isBehindRun = false;
  for (const piece of pieces) {
    if ('run' in piece) {
      const open = piece.run.find(({ bytes }) => bytes === null);
      if (open !== undefined && varying !== null) {
        const between =
          encoding === null
            ? 'in a Bytes column only one part may vary in length'
            : `a character that ${encoding} does not have has to stand between them`;
        throw new MarkError(`{${varying}} and {${open.part}} cannot be told apart: ${between}`);
      }
      varying = open?.part ?? varying;
    } else if (encoding !== null) {
      if (isBehindRun && encoding !== 'hex' && piece.literal.startsWith('=')) {
        throw new MarkError('an = behind a part cannot be told apart from the padding of base64');
      }
      if (foreignCharacter(encoding, piece.literal) !== null) varying = null;
    }
    isBehindRun = 'run' in piece;
  }
}
