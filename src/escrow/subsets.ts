/** As many subsets are tried one by one. */
const MOST_SUBSETS = 1000;

/**
 * Chooses the subsets of shares that are tried before a split counts as done: all of them if there are at most 1,000, else a few that
 * together hold every share.
 *
 * @returns subsets of `size` of the numbers from 0 to `total` - 1
 */
export function subsetsToTry(size: number, total: number): readonly (readonly number[])[] {
  const all: number[][] = [];
  for (const subset of subsetsOf(size, 0, total)) {
    if (all.length === MOST_SUBSETS) return covering(size, total);
    all.push(subset);
  }
  return all;
}

function* subsetsOf(size: number, from: number, total: number): Generator<number[], void, void> {
  if (size === 0) return yield [];
  for (let first = from; first <= total - size; first += 1)
    for (const others of subsetsOf(size - 1, first + 1, total)) yield [first, ...others];
}

/** One after the other; the last one overlaps the one before if it must. */
function covering(size: number, total: number): number[][] {
  return Array.from({ length: Math.ceil(total / size) }, (_each, index) => {
    const first = Math.min(index * size, total - size);
    return Array.from({ length: size }, (_number, offset) => first + offset);
  });
}
