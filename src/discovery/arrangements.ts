import { IV_BYTES, type Part, TAG_BYTES } from '../crypto/encrypted-value.ts';
import type { PartOf } from '../layout/template.ts';

/** Usual orders first, since a search ends with the first that is right. */
const ORDERS: readonly (readonly [Part, Part, Part])[] = [
  ['iv', 'content', 'tag'],
  ['iv', 'tag', 'content'],
  ['tag', 'iv', 'content'],
  ['content', 'tag', 'iv'],
  ['content', 'iv', 'tag'],
  ['tag', 'content', 'iv'],
];

/** The three parts in their order, cut into groups: each group is in a text of its own. By the number of groups. */
const ARRANGEMENTS: readonly (readonly (readonly (readonly Part[])[])[])[] = [
  [],
  ORDERS.map((order) => [order]),
  ORDERS.flatMap(([first, second, third]) => [
    [[first], [second, third]],
    [[first, second], [third]],
  ]),
  ORDERS.map((order) => order.map((part) => [part])),
];

const [TAG = 16] = TAG_BYTES;

/** What a text without the content has: the iv, the tag, or both. Of two or three texts, all but one have none of the content. */
export const FIXED_BYTES: ReadonlySet<number> = new Set([TAG, ...IV_BYTES, ...IV_BYTES.map((iv) => iv + TAG)]);
/** The shortest value, whose content is empty. */
export const LEAST_BYTES = Math.min(...IV_BYTES) + TAG;

/**
 * @param texts - one, two or three of them
 * @returns every way to distribute the parts of a value over the texts, as far as the lengths allow it: for each text its parts
 */
export function placements(texts: readonly { readonly bytes: number }[]): readonly (readonly (readonly PartOf[])[])[] {
  const arrangements = ARRANGEMENTS[texts.length] ?? [];
  return arrangements.flatMap((groups) => combinations(groups.map((group, index) => fitting(group, texts[index]?.bytes ?? 0))));
}

/** @returns each way in which the parts fill so many bytes: two if an iv of either length leaves the rest to the content */
function fitting(group: readonly Part[], bytes: number): readonly (readonly PartOf[])[] {
  const tag = group.includes('tag') ? TAG : 0;
  const fits = (iv: number) => (group.includes('content') ? bytes >= iv + tag : bytes === iv + tag);
  if (!group.includes('iv')) return fits(0) ? [partsOf(group, null)] : [];
  // The length of an iv that is alone need not be said.
  return IV_BYTES.filter(fits).map((iv) => partsOf(group, group.length === 1 ? null : iv));
}

function partsOf(group: readonly Part[], iv: number | null): readonly PartOf[] {
  return group.map((part) => ({ part, bytes: part === 'tag' ? TAG : part === 'iv' ? iv : null }));
}

/** @returns each way to take one of every list */
function combinations<T>(lists: readonly (readonly T[])[]): readonly (readonly T[])[] {
  return lists.reduce<readonly (readonly T[])[]>(
    (made, list) => made.flatMap((each) => list.map((item) => [...each, item])),
    [[]],
  );
}
