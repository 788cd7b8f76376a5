// Values as other applications store them, made by node:crypto alone: nothing here comes from src/, so that the tool is never its own
// witness.
import { createCipheriv, randomBytes } from 'node:crypto';
import { secret } from '../tool/known-secrets.ts';

/** The parts of an encrypted value, as bytes. */
export interface Sealed {
  readonly iv: Buffer;
  readonly content: Buffer;
  readonly tag: Buffer;
}

/** @param key - 32 bytes */
export function seal(key: Buffer, ivBytes: 12 | 16, plaintext: string = secret(randomBytes(12).toString('hex'))): Sealed {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 16 });
  const content = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { iv, content, tag: cipher.getAuthTag() };
}

/** @returns the parts one after the other */
export function joined(encoding: 'hex' | 'base64' | 'base64url', separator: string, ...parts: readonly Buffer[]): string {
  return parts.map((part) => part.toString(encoding)).join(separator);
}
