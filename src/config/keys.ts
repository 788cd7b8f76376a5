import type { EncryptionKey } from '../crypto/encryption-key.ts';
import type { KeyContext } from '../keys/key-source.ts';
import { schemeOf } from '../keys/key-text.ts';
import { resolveKey } from '../keys/resolve-key.ts';
import { allOf, refuse } from '../text/problem.ts';
import type { Environment } from './environment.ts';
import {
  holderOf,
  isSet,
  KEY_VARIABLE,
  type KeyName,
  keyForm,
  LIST,
  mediumOf,
  readKeyVariable,
  withKeyContext,
} from './key-variables.ts';

/** A key, and what a person calls it: `old` and `new`, or its place in the list, such as `first`. */
export interface GivenKey {
  readonly name: string;
  readonly key: EncryptionKey;
  /** Where it comes from: the scheme of its reference, such as `awskms`, or else `text`, `file` or `command`. */
  readonly source: string;
}

/** Keys, the target first. */
export type GivenRing = readonly [target: GivenKey, ...sources: GivenKey[]];

const HINT: Readonly<Record<KeyName, string>> = {
  old: 'it has to be the key that the rows are under now: 64 hex characters, or another form that docs/keys.md shows',
  new: 'it has to be the key to move to: 64 hex characters, as printed by generate-key, or another form that docs/keys.md shows',
};
const LIST_HINT =
  'separate keys by white space; write each as 64 hex characters, base64:…, utf8:… or a reference, as docs/keys.md shows; in an env file, put the whole list in quotes';

/**
 * Reads the keys of a rotation, all sources at once: NEW_ENCRYPTION_KEY and OLD_ENCRYPTION_KEY, or the list ENCRYPTION_KEYS, whose first
 * is the target. A list of one key is what services have between two rotations.
 *
 * @throws UsageError with every problem of all of them, or if two are the same; the reason of the interruption
 */
export function readRing(env: Environment, interruption: AbortSignal): Promise<GivenRing> {
  return withKeyContext(env, interruption, async (context) => {
    if (keyForm(env) === 'pair') {
      const [target, source] = await allOf([readOne('new', context), readOne('old', context)]);
      if (isSame(target, source)) refuse(`${KEY_VARIABLE.old} and ${KEY_VARIABLE.new} are the same`, HINT.new);
      return [target, source] as const;
    }
    return readList(context);
  });
}

/**
 * Reads the key to move to alone: the others need not be there.
 *
 * @throws UsageError; the reason of the interruption
 */
export function readTarget(env: Environment, interruption: AbortSignal): Promise<GivenKey> {
  return withKeyContext(env, interruption, async (context) => {
    if (keyForm(env) === 'pair') return readOne('new', context);
    const [first = ''] = await readTexts(context);
    const key = await resolveKey(first, positionOf(0), LIST_HINT, context);
    return { name: ordinal(0), key, source: sourceOf(first, LIST, context) };
  });
}

/**
 * Reads the key to move to, and what others are set.
 *
 * @returns the target first
 * @throws UsageError; the reason of the interruption
 */
export function readTargetAndOthers(env: Environment, interruption: AbortSignal): Promise<GivenRing> {
  return withKeyContext(env, interruption, async (context) => {
    if (keyForm(env) === 'list') return readList(context);
    return isSet(env, KEY_VARIABLE.old)
      ? allOf([readOne('new', context), readOne('old', context)])
      : [await readOne('new', context)];
  });
}

/**
 * Reads every key that is set: one is enough to search with.
 *
 * @throws UsageError with every problem of all of them; the reason of the interruption
 */
export function readGivenKeys(env: Environment, interruption: AbortSignal): Promise<readonly GivenKey[]> {
  return withKeyContext(env, interruption, async (context) => {
    if (keyForm(env) === 'list') return readList(context);
    const names = (['old', 'new'] as const).filter((name) => isSet(env, KEY_VARIABLE[name]));
    if (names.length > 0) return allOf(names.map((name) => readOne(name, context)));
    return refuse(
      'no key is set',
      `set ${KEY_VARIABLE.old}, ${KEY_VARIABLE.new} or ${LIST} to the keys that the values may be under`,
    );
  });
}

async function readOne(name: KeyName, context: KeyContext): Promise<GivenKey> {
  const variable = KEY_VARIABLE[name];
  const text = await readKeyVariable(variable, HINT[name], context);
  const key = await resolveKey(text, holderOf(context.env, variable), HINT[name], context);
  return { name, key, source: sourceOf(text, variable, context) };
}

async function readList(context: KeyContext): Promise<GivenRing> {
  const texts = await readTexts(context);
  const keys = await allOf(texts.map((text, index) => resolveKey(text, positionOf(index), LIST_HINT, context)));
  const given = keys.map((key, index) => ({ name: ordinal(index), key, source: sourceOf(texts[index] ?? '', LIST, context) }));
  for (const [index, each] of given.entries()) {
    const earlier = given.findIndex((other) => isSame(other, each));
    if (earlier < index) refuse(`key ${earlier + 1} and key ${index + 1} of ${LIST} are the same`, 'list each key once');
  }
  const [target, ...sources] = given;
  return target === undefined ? refuse(`${LIST} is empty`, LIST_HINT) : [target, ...sources];
}

async function readTexts(context: KeyContext): Promise<readonly string[]> {
  const texts = (await readKeyVariable(LIST, LIST_HINT, context)).split(/\s+/u).filter((text) => text !== '');
  return texts.length > 0 ? texts : refuse(`${LIST} is empty`, LIST_HINT);
}

function sourceOf(text: string, variable: string, { env }: KeyContext): string {
  return schemeOf(text) ?? mediumOf(env, variable);
}

function isSame({ key: one }: GivenKey, { key: other }: GivenKey): boolean {
  return one.keyObject.equals(other.keyObject);
}

function positionOf(index: number): string {
  return `key ${index + 1} of ${LIST}`;
}

const FIRST_ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth'];
const SUFFIX = { zero: 'th', one: 'st', two: 'nd', few: 'rd', many: 'th', other: 'th' } as const;

/** @returns for example `first` for 0, `12th` for 11 */
function ordinal(index: number): string {
  const rule = new Intl.PluralRules('en', { type: 'ordinal' }).select(index + 1);
  return FIRST_ORDINALS[index] ?? `${index + 1}${SUFFIX[rule]}`;
}
