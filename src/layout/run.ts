import { type EncryptedValue, IV_BYTES, type Part, TAG_BYTES } from '../crypto/encrypted-value.ts';
import type { Misfit } from './misfit.ts';
import type { PartOf } from './template.ts';

/** The parts that have been found so far. */
export type Found = Record<Part, Buffer>;

/** Adjacent parts as one sequence of bytes. */
export interface Run {
  readonly mayBeEmpty: boolean;
  /** The number of bytes; null if it varies. */
  readonly bytes: number | null;
  /** Cuts the bytes into the parts, which it enters in `found`. */
  take(bytes: Buffer, found: Found): Misfit | null;
  /** @returns the bytes of the parts one after the other */
  join(value: EncryptedValue): Buffer;
}

/** The lengths in bytes that a part may have; null: any. */
const LENGTHS: Readonly<Record<Part, readonly number[] | null>> = { iv: IV_BYTES, content: null, tag: TAG_BYTES };

/** @param parts - one or more, of which at most one has no fixed length */
export function createRun(parts: readonly PartOf[]): Run {
  const fixed = parts.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  const open = parts.find(({ bytes }) => bytes === null);
  const lengths = open === undefined ? [0] : LENGTHS[open.part];
  const bytes = open === undefined ? fixed : null;
  const fits = (length: number) => (lengths === null ? length >= fixed : lengths.includes(length - fixed));
  const mayBeEmpty = fits(0);
  const [first] = parts;

  if (first !== undefined && parts.length === 1) {
    const { part } = first;
    return {
      mayBeEmpty,
      bytes,
      take(all, found) {
        if (!fits(all.length)) return 'wrong-length';
        found[part] = all;
        return null;
      },
      join: (value) => value[part],
    };
  }

  return {
    mayBeEmpty,
    bytes,
    take(all, found) {
      if (!fits(all.length)) return 'wrong-length';
      let from = 0;
      for (const { part, bytes: length } of parts) {
        const to = from + (length ?? all.length - fixed);
        found[part] = all.subarray(from, to);
        from = to;
      }
      return null;
    },
    join: (value) => Buffer.concat(parts.map(({ part }) => value[part])),
  };
}
