import { providerKey } from '../application/application.ts';
import { secret } from '../tool/known-secrets.ts';
import { SeededRandom } from '../vitest/random.ts';
import { Client, type Counts, type Service, type User } from './client.ts';

/** Kept and used again: what is searched for in each output must not grow with the number of requests. */
const stock = Array.from({ length: 200 }, () => secret(providerKey()));
let made = 0;

/** @returns a plaintext that nobody else has, and that begins with a known secret */
export function newPlaintext(): string {
  made += 1;
  return `${stock[made % stock.length]}-${made}`;
}

/** Clients that send requests to a service the whole time. */
export class Traffic {
  readonly #clients: readonly Client[];
  readonly #stop = new AbortController();
  readonly #work: Promise<unknown>;
  readonly #waiting = new Set<{ readonly until: number; readonly resolve: () => void }>();
  #requests = 0;

  /** @param users - those of each client */
  constructor(service: Service, users: readonly (readonly User[])[], seed: number) {
    this.#clients = users.map((own, index) => {
      const random = new SeededRandom(seed + index);
      return new Client(service, own, random, newPlaintext, () => this.#count());
    });
    this.#work = Promise.all(this.#clients.map((client) => client.work(this.#stop.signal)));
    // Its failure is met at stop().
    this.#work.catch(() => {});
  }

  get requests(): number {
    return this.#requests;
  }

  /** Resolves once so many more requests have been answered. */
  async more(requests: number): Promise<void> {
    const met = new Promise<void>((resolve) => this.#waiting.add({ until: this.#requests + requests, resolve }));
    await Promise.race([met, this.#work]);
  }

  /** What was not as it must be, so far. */
  get failures(): readonly string[] {
    return this.#clients.flatMap(({ failures }) => failures);
  }

  /** Lets each client finish the request in hand. */
  async stop(): Promise<Counts> {
    this.#stop.abort();
    await this.#work;
    const counts = this.#clients.map((client) => client.counts);
    const sum = (name: keyof Counts) => counts.reduce((total, each) => total + each[name], 0);
    return { reads: sum('reads'), writes: sum('writes'), inDoubt: sum('inDoubt') };
  }

  #count(): void {
    this.#requests += 1;
    for (const each of this.#waiting) {
      if (this.#requests < each.until) continue;
      this.#waiting.delete(each);
      each.resolve();
    }
  }
}
