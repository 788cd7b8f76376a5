import { typed } from '../../report/conclusion.ts';
import { verb } from '../../report/wording.ts';
import { isRetired, type KeyStatus, type Status, wasUsed } from './keys.ts';

/** What to do with keys that have no values any more. */
export function retireSteps(keys: readonly KeyStatus[]): string[] {
  const them = verb(keys.length, 'it', 'them');
  if (keys.some(({ entry }) => entry?.unused_since === null)) {
    return [
      `have the registry record that nothing is under ${them}: ${typed('verify')}`,
      `at least a day after that: ${retireCommands(keys)}`,
    ];
  }
  return [`once nothing has been under ${them} for a day: ${retireCommands(keys)}`];
}

export function retireCommands(keys: readonly KeyStatus[]): string {
  return keys.map(({ fingerprint }) => typed(`retire ${fingerprint}`)).join(', and ');
}

/** @returns keys that had values, are not set any more, and only wait to be retired */
export function leftOver({ keys }: Status): KeyStatus[] {
  return keys.filter((key) => key.name === null && !isRetired(key) && wasUsed(key));
}
