import { expect } from 'vitest';

/** Every key, plaintext and password that this test file made up: none of them may ever be printed. */
const canaries = new Set<string>();

/** Remembers a secret, in the forms in which it could leak. */
export function secret(text: string): string {
  canaries.add(text);
  canaries.add(Buffer.from(text).toString('base64').replace(/=+$/u, ''));
  if (/^[0-9a-f]{64}$/u.test(text)) {
    const bytes = Buffer.from(text, 'hex');
    canaries.add(bytes.toString('base64').replace(/=+$/u, ''));
    canaries.add(bytes.toString('latin1'));
    canaries.add(text.toUpperCase());
  }
  return text;
}

/** Fails where `text` shows any secret that was remembered. */
export function expectNoSecret(text: string): void {
  for (const canary of canaries) {
    if (text.includes(canary)) expect.fail(`a secret was printed, behind: ${text.slice(0, text.indexOf(canary)).slice(-200)}`);
  }
}
