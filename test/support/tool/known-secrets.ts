import { expect } from 'vitest';

/** Every key, plaintext and password that this test file made up: none of them may ever be printed. */
const known = new Set<string>();

/** Remembers a secret, in the forms in which it could leak. */
export function secret(text: string): string {
  known.add(text);
  known.add(Buffer.from(text).toString('base64').replace(/=+$/u, ''));
  if (/^[0-9a-f]{64}$/u.test(text)) {
    const bytes = Buffer.from(text, 'hex');
    known.add(bytes.toString('base64').replace(/=+$/u, ''));
    known.add(bytes.toString('latin1'));
    known.add(text.toUpperCase());
  }
  return text;
}

/** Fails if `text` shows any secret that was remembered. */
export function expectNoSecret(text: string): void {
  for (const each of known) {
    if (text.includes(each)) expect.fail(`a secret was printed, behind: ${text.slice(0, text.indexOf(each)).slice(-200)}`);
  }
}
