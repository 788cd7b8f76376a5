/** One AES-256-GCM value as it is stored, each part in hex: iv 12 or 16 bytes, content 0 bytes or more, tag 16 bytes. */
export interface EncryptedValue {
  readonly iv: string;
  readonly content: string;
  readonly tag: string;
}

export type Column = keyof EncryptedValue;

/** What a row really holds in the three columns, before anything is known about it. */
export type StoredValue = { readonly [Name in Column]: string | null };

export type FormatCheck =
  | { readonly kind: 'well-formed'; readonly value: EncryptedValue }
  | { readonly kind: 'malformed'; readonly column: Column; readonly problem: string };

/** The tag is never shorter than 128 bits: SP 800-38D, appendix C, warns of shorter ones. */
const TAG_BYTES = [16];
/** 16 bytes is what the application writes; 12 bytes is what SP 800-38D, section 8.2, recommends and others write. */
const IV_BYTES = [12, 16];

/**
 * Checks the text of the three columns, since `Buffer.from(text, 'hex')` drops silently what it cannot read and
 * Node accepts short tags.
 *
 * @returns the value, or the first column that is malformed and what is wrong with it; the text itself is not quoted
 */
export function checkFormat(stored: StoredValue): FormatCheck {
  const { iv, content, tag } = stored;
  if (iv === null) return malformed('iv', 'null');
  if (content === null) return malformed('content', 'null');
  if (tag === null) return malformed('tag', 'null');
  const ivProblem = hexProblem(iv) ?? lengthProblem(iv, IV_BYTES);
  if (ivProblem !== null) return malformed('iv', ivProblem);
  const contentProblem = hexProblem(content);
  if (contentProblem !== null) return malformed('content', contentProblem);
  const tagProblem = hexProblem(tag) ?? lengthProblem(tag, TAG_BYTES);
  if (tagProblem !== null) return malformed('tag', tagProblem);
  return { kind: 'well-formed', value: { iv, content, tag } };
}

function malformed(column: Column, problem: string): FormatCheck {
  return { kind: 'malformed', column, problem };
}

function hexProblem(text: string): string | null {
  if (!/^[0-9A-Fa-f]*$/.test(text)) return 'not hex';
  if (text.length % 2 === 1) return 'an odd number of hex digits';
  return null;
}

function lengthProblem(hex: string, allowed: readonly number[]): string | null {
  if (hex === '') return 'empty';
  const bytes = hex.length / 2;
  return allowed.includes(bytes) ? null : `${bytes} bytes instead of ${allowed.join(' or ')}`;
}
