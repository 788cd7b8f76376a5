import type { EncryptedValue } from '../../../src/crypto/encrypted-value.ts';
import type { Encrypted } from '../../support/application/application.ts';

/** @returns a value of the application, which stores hex, as bytes */
export function toBytes({ iv, content, tag }: Encrypted): EncryptedValue {
  return { iv: Buffer.from(iv, 'hex'), content: Buffer.from(content, 'hex'), tag: Buffer.from(tag, 'hex') };
}

/** @returns a value as the application stores it */
export function toHex({ iv, content, tag }: EncryptedValue): Encrypted {
  return { iv: iv.toString('hex'), content: content.toString('hex'), tag: tag.toString('hex') };
}
