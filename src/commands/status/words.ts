import type { KeyStatus } from './keys.ts';

/** @returns for example `the first key`, or `key 6e7fb588add07276` if it is not set */
export function called({ name, fingerprint }: KeyStatus): string {
  return name === null ? `key ${fingerprint}` : `the ${name} key`;
}

/** @returns for example `the second key and key 6e7fb588add07276` */
export function allCalled(keys: readonly KeyStatus[]): string {
  const names = keys.map(called);
  return names.length < 3 ? names.join(' and ') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
