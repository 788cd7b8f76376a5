import type { NamedKey } from './report.ts';

/** What the keys of a run are called in sentences. */
export interface KeyWords {
  /** `the new key`, `the first key`. */
  readonly target: string;
  /** All keys but the target: `the old key`, `the second key`, `the other keys`. */
  readonly sources: string;
  /** Whichever of them a value is under: `the old key`, `one of the other keys`. */
  readonly aSource: string;
  /** Stands for `sources`: `it` or `them`. */
  readonly them: 'it' | 'them';
  /** `neither key`, `none of the keys`; `no given key` if there is only one. */
  readonly none: string;
  /** `one of the two`, `one of the 3`; `one of the given` if there is only one. */
  readonly either: string;
  /** Whether the target is the only key that is known. */
  readonly isAlone: boolean;
  /** Whether the keys come from a list, so that their names are places in it. */
  readonly inList: boolean;
}

/** @param keys - of a verification: the target alone, so that what others there are is unknown */
export function keyWords(keys: readonly NamedKey[]): KeyWords {
  const target = keys.find(({ role }) => role === 'target')?.name ?? '';
  const [source, ...others] = keys.filter(({ role }) => role === 'source').map(({ name }) => name);
  const inList = target !== 'new' && target !== 'old';
  const only = others.length > 0 ? undefined : (source ?? (inList ? undefined : 'old'));
  return {
    target: `the ${target} key`,
    ...(only === undefined
      ? { sources: 'the other keys', aSource: 'one of the other keys', them: 'them' }
      : { sources: `the ${only} key`, aSource: `the ${only} key`, them: 'it' }),
    ...noneOrOne(keys.length),
    isAlone: source === undefined,
    inList,
  };
}

function noneOrOne(keys: number): Pick<KeyWords, 'none' | 'either'> {
  if (keys === 1) return { none: 'no given key', either: 'one of the given' };
  return keys === 2
    ? { none: 'neither key', either: 'one of the two' }
    : { none: 'none of the keys', either: `one of the ${keys}` };
}
