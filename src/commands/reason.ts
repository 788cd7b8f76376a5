import { maskSecrets } from '../text/mask-secrets.ts';
import { refuse } from '../text/problem.ts';
import type { Given } from './command.ts';

/** A key in the notations of ENCRYPTION_KEYS, or 32 bytes in base64. */
const KEY = /\b(?:base64|utf8):|(?<![\w+/-])[\w+/-]{43}=?(?![\w+/=-])/u;

/**
 * Reads --reason, which whoever may read the registry sees.
 *
 * @returns null without it
 * @throws UsageError if it looks as if it held a key or a password
 */
export function readReason(given: Given): string | null {
  const text = given.value('reason');
  if (text !== null && (maskSecrets(text) !== text || KEY.test(text)))
    refuse(
      '--reason looks like a key or a password',
      'say in words why the key changes: whoever may read the registry sees them',
    );
  return text;
}
