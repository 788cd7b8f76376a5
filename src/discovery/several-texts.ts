import { IV_BYTES, TAG_BYTES } from '../crypto/encrypted-value.ts';
import { FIXED_BYTES, placements } from './arrangements.ts';
import type { Placed, Unit } from './candidate.ts';
import { type Reading, readingsOf } from './encodings.ts';

interface ReadUnit extends Reading {
  readonly name: string;
}

/**
 * @returns every way in which two or three texts may hold a value together, each of them as a whole; three first, the iv before the
 *   content before the tag
 */
export function* sharedValues(units: readonly Unit[]): Generator<readonly Placed[]> {
  const read = units.flatMap(readUnit);
  const ivs = read.filter(({ bytes }) => IV_BYTES.includes(bytes));
  const tags = read.filter(({ bytes }) => TAG_BYTES.includes(bytes));
  for (const iv of ivs) {
    for (const tag of tags) {
      if (iv.name === tag.name) continue;
      for (const content of read) {
        if (content.name === iv.name || content.name === tag.name) continue;
        yield [
          placed(iv, [{ part: 'iv', bytes: null }]),
          placed(content, [{ part: 'content', bytes: null }]),
          placed(tag, [{ part: 'tag', bytes: 16 }]),
        ];
      }
    }
  }
  for (const [index, one] of read.entries()) {
    for (const two of read.slice(index + 1)) {
      if (one.name === two.name || !(FIXED_BYTES.has(one.bytes) || FIXED_BYTES.has(two.bytes))) continue;
      for (const [first = [], second = []] of placements([one, two])) yield [placed(one, first), placed(two, second)];
    }
  }
}

function readUnit({ name, kind, text }: Unit): readonly ReadUnit[] {
  const readings: readonly Reading[] = kind === 'bytes' ? [{ encoding: 'bytes', bytes: text.length / 2 }] : readingsOf(text);
  return readings.map((reading) => ({ name, ...reading }));
}

function placed({ name, encoding }: ReadUnit, run: ReturnType<typeof placements>[number][number]): Placed {
  return { name, encoding, pieces: [{ run }] };
}
