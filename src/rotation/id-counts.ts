/** How many rows were added and removed between two surveys. */
export interface Traffic {
  readonly came: number;
  readonly went: number;
}

const BUCKETS = 2 ** 21;
/** Per bucket. */
const BYTES = 2;

/**
 * Counts how many ids fall into each of two million buckets: 4 MB for a table of any size. Two such counts tell how many rows were
 * added and removed. If an added row and a removed one fall into the same bucket, both are missed: with a thousand of each, that
 * happens to one pair in every second run.
 */
export class IdCounts {
  readonly #counts = new DataView(new ArrayBuffer(BUCKETS * BYTES));

  add(id: string): void {
    const place = bucketOf(id) * BYTES;
    // Wraps around at 65,536, as the differences below do.
    this.#counts.setUint16(place, this.#counts.getUint16(place) + 1);
  }

  /** @returns what changed from these ids to `later` */
  trafficUntil(later: IdCounts): Traffic {
    let came = 0;
    let went = 0;
    for (let place = 0; place < BUCKETS * BYTES; place += BYTES) {
      const net = ((later.#counts.getUint16(place) - this.#counts.getUint16(place)) << 16) >> 16;
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
