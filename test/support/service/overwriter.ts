import { Agent } from 'node:http';
import { expect } from 'vitest';
import { ask } from './ask.ts';
import type { User } from './client.ts';
import { newPlaintext } from './traffic.ts';

/** A client that only replaces provider keys: it needs no replica that can read them. */
export class Overwriter {
  acknowledged = 0;
  /** Writes that the foreign key of key_id refused. */
  refused = 0;
  readonly #port: number;
  readonly #owned: readonly (readonly [user: User, id: string])[];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #paused = true;
  #work: Promise<void> = Promise.resolve();

  constructor(port: number, users: readonly User[]) {
    this.#port = port;
    this.#owned = users.flatMap((user) => [...user.keys.keys()].map((id) => [user, id] as const));
  }

  /** Replaces one key after another. */
  async write(times: number): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      const [user, id = ''] = this.#owned[(this.acknowledged + this.refused) % this.#owned.length] ?? [];
      const apiKey = newPlaintext();
      const answer = await ask(this.#agent, this.#port, 'PUT', `/keys/${id}`, { apiKey });
      if (answer?.status === 204) {
        user?.keys.set(id, apiKey);
        this.acknowledged += 1;
      } else {
        expect(answer?.body).toMatch(/foreign key constraint/iu);
        this.refused += 1;
      }
    }
  }

  /** Goes on writing until it is paused. */
  start(): void {
    this.#paused = false;
    const goOn = async () => {
      while (!this.#paused) await this.write(1);
    };
    this.#work = goOn();
    // Its failure is met at pause().
    this.#work.catch(() => {});
  }

  async pause(): Promise<void> {
    this.#paused = true;
    await this.#work;
  }
}
