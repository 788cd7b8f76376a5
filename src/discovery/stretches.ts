import type { Encoding } from '../layout/template.ts';
import { FIXED_BYTES, LEAST_BYTES } from './arrangements.ts';
import { bytesIn } from './encodings.ts';

/** A part of a text that may be encoded; all around those that are chosen is literal text. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

export const STRETCHES: readonly Encoding[] = ['hex', 'base64', 'base64url'];
const PATTERN: Readonly<Record<Encoding, RegExp>> = {
  hex: /[0-9A-Fa-f]+/g,
  base64: /[A-Za-z0-9+/]+={0,2}/g,
  base64url: /[\w-]+={0,2}/g,
};
/** A text with more is prose, or of another encoding. */
const MAX_STRETCHES = 12;

/** @returns none for a text that is too short for a value, or of too many stretches */
export function stretchesOf(text: string, encoding: Encoding): readonly Stretch[] {
  const found = [...text.matchAll(PATTERN[encoding])];
  if (found.length > MAX_STRETCHES) return [];
  const versions = versionsOf(text);
  return found.flatMap(({ 0: { length }, index }) => {
    const to = index + length;
    const starts = [index, ...versions.filter((version) => version > index && version < to)];
    return starts.flatMap((from) => {
      const bytes = bytesIn(encoding, text.slice(from, to));
      return bytes === null ? [] : [{ from, to, bytes }];
    });
  });
}

/** @returns where a version such as `v1` may end that is joined to what follows without a separator */
function versionsOf(text: string): readonly number[] {
  const digits = /^v(\d{1,2})/.exec(text)?.[1]?.length ?? 0;
  return [2, 3].slice(0, digits);
}

/** @returns each one, two or three of them, in the order of the text, that may hold a value */
export function* choices(stretches: readonly Stretch[]): Generator<readonly Stretch[]> {
  for (const one of stretches) if (one.bytes >= LEAST_BYTES) yield [one];
  const fixed = stretches.filter(({ bytes }) => FIXED_BYTES.has(bytes));
  if (fixed.length === 0) return;
  for (const one of stretches) {
    for (const two of after(one, stretches)) {
      if (FIXED_BYTES.has(one.bytes) || FIXED_BYTES.has(two.bytes)) yield [one, two];
    }
  }
  if (fixed.length === 1) return;
  for (const one of stretches) {
    for (const two of after(one, stretches)) {
      for (const three of after(two, stretches)) {
        if ([one, two, three].filter(({ bytes }) => FIXED_BYTES.has(bytes)).length > 1) yield [one, two, three];
      }
    }
  }
}

function after(one: Stretch, stretches: readonly Stretch[]): readonly Stretch[] {
  return stretches.filter(({ from }) => from >= one.to);
}
