// AES-256-GCM as applications write it, with node:crypto alone: nothing here comes from src/, so that the tool is never its own witness.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** The parts of an encrypted value, as bytes. */
export interface Sealed {
  readonly iv: Buffer;
  readonly content: Buffer;
  readonly tag: Buffer;
}

/**
 * @param key - 32 bytes
 * @param aad - the associated data; empty for none
 */
export function seal(key: Buffer, plaintext: string, ivBytes: 12 | 16, aad = ''): Sealed {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 16 });
  if (aad !== '') cipher.setAAD(Buffer.from(aad));
  const content = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  return { iv, content, tag: cipher.getAuthTag() };
}

/** @throws Error under another key, with other associated data, or if a bit was changed */
export function open(key: Buffer, { iv, content, tag }: Sealed, aad = ''): string {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 });
  if (aad !== '') decipher.setAAD(Buffer.from(aad));
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(content), decipher.final()]).toString('utf8');
}

/** @returns the bytes cut at these places, as Buffer.subarray counts them */
export function cut(bytes: Buffer, first: number, second: number): readonly [Buffer, Buffer, Buffer] {
  return [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
}
