import { createHash } from 'node:crypto';

const DIGITS = 16;
const SEAL = new RegExp(`,"checksum":"([0-9a-f]{${DIGITS}})"\\}`, 'u');
const SEAL_BYTES = ',"checksum":""}'.length + DIGITS;

/**
 * The checksum of a line of a backup in format 2. It detects any changed byte, and any line that is lost, repeated, moved or
 * taken from another backup.
 *
 * Each line is a JSON object in UTF-8, ended by one line feed. Its last 31 bytes before the line feed are
 * `,"checksum":"` and 16 lower-case hex digits and `"}`; the body is everything before them. The checksum is the first 16
 * digits of SHA-256 in hex over the 16 digits of the line before, in ASCII, followed by the bytes of the body. For the first
 * line it is over the body alone. So a reader in any language computes it from the raw bytes, without knowing JSON:
 *
 *     printf '%s%s' "$previous" "${line%???????????????????????????????}" | sha256sum | head -c 16
 *
 * It detects damage. It is not a signature: whoever can write the file can also compute the checksums.
 *
 * @param previous - the checksum of the line before; empty for the first line
 * @param body - the bytes of the line without the last 31, and without the line feed
 */
export function lineChecksum(previous: string, body: string | Uint8Array): string {
  return createHash('sha256').update(previous).update(body).digest('hex').slice(0, DIGITS);
}

/**
 * Writes an object as a line of a backup.
 *
 * @param content - has at least one member
 * @returns the line, with its line feed, and its checksum
 */
export function sealLine(previous: string, content: object): { readonly text: string; readonly checksum: string } {
  const body = JSON.stringify(content).slice(0, -1);
  const checksum = lineChecksum(previous, body);
  return { text: `${body},"checksum":"${checksum}"}\n`, checksum };
}

/** @returns a line in two parts, its JSON text up to the last member and the checksum in that; null if it does not end as format 2 does */
export function splitLine(line: Uint8Array): { readonly body: Uint8Array; readonly checksum: string } | null {
  const start = Math.max(0, line.length - SEAL_BYTES);
  const checksum = SEAL.exec(Buffer.from(line.subarray(start)).toString('latin1'))?.[1];
  return checksum === undefined ? null : { body: line.subarray(0, start), checksum };
}

/**
 * @returns whether the text has a whole checksum anywhere. A truncated line has none: inside a JSON string, the quotation marks
 * would be escaped
 */
export function hasChecksum(line: Uint8Array): boolean {
  return SEAL.test(Buffer.from(line).toString('latin1'));
}
