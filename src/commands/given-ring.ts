import type { GivenKey, GivenRing } from '../config/keys.ts';
import type { KeyRing } from '../crypto/key-ring.ts';
import type { NamedKey } from '../report/report.ts';

export function ringOf([target, ...sources]: GivenRing): KeyRing {
  return { target: target.key, sources: sources.map(({ key }) => key) };
}

/** @returns the keys as they are printed, in the same order */
export function namedKeys([target, ...sources]: GivenRing): NamedKey[] {
  const named = ({ name, key: { fingerprint } }: GivenKey, role: NamedKey['role']): NamedKey => ({ role, name, fingerprint });
  return [named(target, 'target'), ...sources.map((source) => named(source, 'source'))];
}

/** @returns for example `keys: first 6e7fb588add07276, second 0f1e2d3c4b5a6978` */
export function keysLine(keys: readonly Pick<NamedKey, 'name' | 'fingerprint'>[]): string {
  return `keys: ${keys.map(({ name, fingerprint }) => `${name} ${fingerprint}`).join(', ')}`;
}
