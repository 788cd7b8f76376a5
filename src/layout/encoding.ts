import type { Misfit } from './misfit.ts';
import type { Encoding } from './template.ts';

/** Turns the text of a run into bytes, and bytes into text of the form that another text has. */
export interface Codec {
  /** @returns the bytes of exactly this text; what is wrong with it where no bytes are written so */
  decode(text: string): Buffer | Misfit;
  /**
   * @param like - a text that decodes to as many bytes
   * @param isUpper - whether hex is upper case if `like` has no letter
   */
  encode(bytes: Buffer, like: string, isUpper: boolean): string;
}

/** RFC 4648, sections 4, 5 and 8; base64 with and without padding. Bytes are read as lower-case hex, and have no other form. */
export const CODECS: Readonly<Record<Encoding | 'bytes', Codec>> = {
  bytes: { decode: decodeBytes, encode: (bytes) => bytes.toString('hex') },
  hex: { decode: decodeHex, encode: encodeHex },
  base64: base64('base64', /^[A-Za-z0-9+/]*$/, 'not-base64'),
  base64url: base64('base64url', /^[A-Za-z0-9_-]*$/, 'not-base64url'),
};

function decodeBytes(text: string): Buffer | Misfit {
  const bytes = Buffer.from(text, 'hex');
  return bytes.toString('hex') === text ? bytes : 'not-hex';
}

function decodeHex(text: string): Buffer | Misfit {
  const bytes = Buffer.from(text, 'hex');
  // Buffer.from drops silently what it cannot read: what comes back the same was read whole.
  if (bytes.toString('hex') === text) return bytes;
  if (!/^[0-9A-Fa-f]*$/.test(text)) return 'not-hex';
  return text.length % 2 === 0 ? bytes : 'odd-length';
}

function encodeHex(bytes: Buffer, like: string, isUpper: boolean): string {
  const lower = bytes.toString('hex');
  if (like === like.toLowerCase()) return isUpper && !/[a-f]/.test(like) ? lower.toUpperCase() : lower;
  if (!/[a-f]/.test(like)) return lower.toUpperCase();
  // Both cases: where `like` has an upper-case letter, so has the new text.
  return lower.replace(/[a-f]/g, (digit, at) => (/[A-F]/.test(like.charAt(at)) ? digit.toUpperCase() : digit));
}

function base64(encoding: 'base64' | 'base64url', alphabet: RegExp, foreign: Misfit): Codec {
  return {
    decode(text) {
      const bytes = Buffer.from(text, encoding);
      const digits = unpadded(bytes);
      if (text === digits || text === padded(digits)) return bytes;
      const end = text.indexOf('=');
      const own = end === -1 ? text : text.slice(0, end);
      if (!alphabet.test(own) || !/^=*$/.test(text.slice(own.length))) return foreign;
      // Buffer.from takes any bits behind the last byte: such a text would come back as another one.
      return own.length % 4 !== 1 && (text === own || text === padded(own)) ? 'not-canonical' : 'bad-padding';
    },
    encode: (bytes, like) => (like.endsWith('=') ? padded(unpadded(bytes)) : unpadded(bytes)),
  };

  function unpadded(bytes: Buffer): string {
    return bytes.toString(encoding).slice(0, digitsOf(encoding, bytes.length));
  }

  function padded(digits: string): string {
    return digits.padEnd(Math.ceil(digits.length / 4) * 4, '=');
  }
}

/** @returns how many characters `bytes` bytes take, without padding */
function digitsOf(encoding: Encoding, bytes: number): number {
  return encoding === 'hex' ? bytes * 2 : Math.ceil((bytes * 4) / 3);
}

const ALPHABETS: Readonly<Record<Encoding, string>> = { hex: '0-9A-Fa-f', base64: 'A-Za-z0-9+/', base64url: 'A-Za-z0-9_\\-' };

/** @returns a regular expression for the text of a run of so many bytes, padded or not */
export function encodedPattern(encoding: Encoding, bytes: number): string {
  const padding = encoding === 'hex' ? 0 : (3 - (bytes % 3)) % 3;
  return `[${ALPHABETS[encoding]}]{${digitsOf(encoding, bytes)}}(?:${'='.repeat(padding)})?`;
}

/** @returns the first character of a literal that the encoding never writes, padding included; null if there is none */
export function foreignCharacter(encoding: Encoding, literal: string): string | null {
  const own = new RegExp(`[${ALPHABETS[encoding]}${encoding === 'hex' ? '' : '='}]`);
  return [...literal].find((character) => !own.test(character)) ?? null;
}
