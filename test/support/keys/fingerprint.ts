import { createHmac } from 'node:crypto';

/** @returns what the tool calls a key: nothing here comes from src/ */
export function fingerprintOf(hex: string): string {
  const hmac = createHmac('sha256', Buffer.from(hex, 'hex')).update('rotate-encryption-key fingerprint v1');
  return hmac.digest('hex').slice(0, 16);
}
