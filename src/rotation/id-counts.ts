/** How many rows came and how many went between two surveys. */
export interface Traffic {
  readonly came: number;
  readonly went: number;
}

const BUCKETS = 2 ** 21;

/**
 * Remembers of a set of ids how many fall into each of two million buckets: 4 MB for a table of any size. Two of them tell how many
 * rows came and went. Where one that came and one that went fall into the same bucket, both are missed: of a thousand that came and a
 * thousand that went, that happens to one every second time.
 */
export class IdCounts {
  readonly #counts = new Uint16Array(BUCKETS);

  add(id: string): void {
    const bucket = bucketOf(id);
    // Counts go round at 65,536, and so do their differences.
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  /** @returns what changed from these ids to `later` */
  trafficUntil(later: IdCounts): Traffic {
    const difference = new Int16Array(1);
    let came = 0;
    let went = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      difference[0] = (later.#counts[bucket] ?? 0) - (this.#counts[bucket] ?? 0);
      const [net = 0] = difference;
      if (net > 0) came += net;
      else went -= net;
    }
    return { came, went };
  }
}

/** FNV-1a, 32 bits, folded: http://www.isthe.com/chongo/tech/comp/fnv/ */
function bucketOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  return (hash ^ (hash >>> 21)) & (BUCKETS - 1);
}
