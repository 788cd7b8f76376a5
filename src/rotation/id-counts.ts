/** How many rows came and how many went between two surveys. */
export interface Traffic {
  readonly came: number;
  readonly went: number;
}

const BUCKETS = 2 ** 21;
/** Per bucket. */
const BYTES = 2;

/**
 * Remembers of a set of ids how many fall into each of two million buckets: 4 MB for a table of any size. Two of them tell how many
 * rows came and went. Where one that came and one that went fall into the same bucket, both are missed: of a thousand that came and a
 * thousand that went, that happens to one every second time.
 */
export class IdCounts {
  readonly #counts = new DataView(new ArrayBuffer(BUCKETS * BYTES));

  add(id: string): void {
    const place = bucketOf(id) * BYTES;
    // Goes round at 65,536, as differences do below.
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
