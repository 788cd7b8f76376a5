/** How many rows were added and removed between two surveys. */
export interface Traffic {
  readonly came: number;
  readonly went: number;
}

const BUCKETS = 2 ** 21;
const BYTES_PER_BUCKET = 2;
/** What is compared at once: most of the counts do not change. */
const BLOCK_BYTES = 4096;

/**
 * Counts how many ids fall into each of two million buckets: 4 MB for a table of any size. Two such counts tell how many rows were
 * added and removed. If an added row and a removed one fall into the same bucket, both are missed: with a thousand of each, that
 * happens to one pair in every second run.
 */
export class IdCounts {
  readonly #counts = Buffer.alloc(BUCKETS * BYTES_PER_BUCKET);
  /** The first bytes of the blocks that have a count: to look at the others of a small table would take longer than all else. */
  readonly #blocks = new Set<number>();

  add(id: string): void {
    const place = bucketOf(id) * BYTES_PER_BUCKET;
    this.#blocks.add(place - (place % BLOCK_BYTES));
    // Wraps around at 65,536, as the differences below do.
    this.#counts.writeUInt16LE((this.#counts.readUInt16LE(place) + 1) & 0xffff, place);
  }

  /** @returns what changed from these ids to `later` */
  trafficUntil(later: IdCounts): Traffic {
    let came = 0;
    let went = 0;
    for (const block of new Set([...this.#blocks, ...later.#blocks])) {
      const end = block + BLOCK_BYTES;
      if (this.#counts.compare(later.#counts, block, end, block, end) === 0) continue;
      for (let place = block; place < end; place += BYTES_PER_BUCKET) {
        const net = ((later.#counts.readUInt16LE(place) - this.#counts.readUInt16LE(place)) << 16) >> 16;
        if (net > 0) came += net;
        else went -= net;
      }
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
