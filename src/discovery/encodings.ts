import type { Encoding } from '../layout/template.ts';

/** How a text may be read: as so many bytes in an encoding. */
export interface Reading {
  readonly encoding: Encoding | 'bytes';
  readonly bytes: number;
}

const WHOLE: Readonly<Record<Encoding, RegExp>> = {
  hex: /^[0-9A-Fa-f]*$/,
  base64: /^[A-Za-z0-9+/]*={0,2}$/,
  base64url: /^[\w-]*={0,2}$/,
};
/** So many random characters of base64 all happen to be hex digits less than once in ten million times. */
const SURELY_HEX = 16;

/** @returns how many bytes a text of characters of the encoding stands for; null for a length that no bytes have */
export function bytesIn(encoding: Encoding, text: string): number | null {
  if (encoding === 'hex') return text.length % 2 === 0 ? text.length / 2 : null;
  const digits = text.replace(/=+$/, '').length;
  return digits % 4 === 1 ? null : Math.floor((digits * 3) / 4);
}

/**
 * Says how a whole text may be read. The two forms of base64 give the same bytes: `base64url` is named only where a character is of
 * that form; which of the two a column has may show in other rows.
 */
export function readingsOf(text: string): readonly Reading[] {
  if (isHex(text) && text.length >= SURELY_HEX) return reading('hex', text);
  const base64 = reading(WHOLE.base64.test(text) ? 'base64' : 'base64url', text);
  return isHex(text) ? [...reading('hex', text), ...base64] : base64;
}

/** Whether it is hex, of whole bytes. */
export function isHex(text: string): boolean {
  return text.length % 2 === 0 && WHOLE.hex.test(text);
}

function reading(encoding: Encoding, text: string): readonly Reading[] {
  const bytes = WHOLE[encoding].test(text) ? bytesIn(encoding, text) : null;
  return bytes === null ? [] : [{ encoding, bytes }];
}
