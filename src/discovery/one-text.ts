import type { Piece } from '../layout/template.ts';
import { LEAST_BYTES, placements } from './arrangements.ts';
import type { Placed, Unit } from './candidate.ts';
import { isHex } from './encodings.ts';
import { choices, STRETCHES, type Stretch, stretchesOf } from './stretches.ts';

/** Before bytes: a text up to a separator, or a version. */
const BYTES_PREFIX = /^(?:[\x21-\x7e]{1,15}?[:.|,;$\-_~#/ ]|v\d{1,2})/;
const PREFIX_BYTES = 16;

/** Of the shortest value, in base64. */
const LEAST_CHARACTERS = Math.ceil((LEAST_BYTES * 4) / 3);
/** More literal text than this is no template. */
const MOST_LITERAL = 64;

/** @returns every way in which one text may hold a whole value, the likely ones first */
export function* wholeValues({ name, kind, text }: Unit): Generator<Placed> {
  if (kind === 'bytes') {
    for (const pieces of bytesPieces(text)) yield { name, encoding: 'bytes', pieces };
    return;
  }
  if (text.length < LEAST_CHARACTERS) return;
  for (const encoding of STRETCHES) {
    for (const chosen of choices(stretchesOf(text, encoding))) {
      const literal = chosen.reduce((rest, { from, to }) => rest - (to - from), text.length);
      if (literal > MOST_LITERAL) continue;
      const texts = chosen.map(({ from, to }) => text.slice(from, to));
      // Tried already: as hex, or as base64, which gives the same bytes.
      if (encoding !== 'hex' && texts.every(isHex)) continue;
      if (encoding === 'base64url' && !texts.some((each) => /[-_]/.test(each))) continue;
      for (const runs of placements(chosen)) yield { name, encoding, pieces: piecesOf(text, chosen, runs) };
    }
  }
}

function piecesOf(text: string, chosen: readonly Stretch[], runs: ReturnType<typeof placements>[number]): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const [index, { from, to }] of chosen.entries()) {
    if (from > end) pieces.push({ literal: text.slice(end, from) });
    pieces.push({ run: runs[index] ?? [] });
    end = to;
  }
  if (text.length > end) pieces.push({ literal: text.slice(end) });
  return pieces;
}

function* bytesPieces(hex: string): Generator<readonly Piece[]> {
  const bytes = hex.length / 2;
  for (const [run = []] of placements([{ bytes }])) yield [{ run }];
  const literal = BYTES_PREFIX.exec(Buffer.from(hex.slice(0, PREFIX_BYTES * 2), 'hex').toString('latin1'))?.[0];
  if (literal === undefined) return;
  for (const [run = []] of placements([{ bytes: bytes - literal.length }])) yield [{ literal }, { run }];
}
