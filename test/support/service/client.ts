import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import type { SeededRandom } from '../vitest/random.ts';
import { type Answer, ask } from './ask.ts';

/** Where the requests go. */
export interface Service {
  readonly port: number;
  /** Resolves once no request that was left without an answer can have an effect any more. */
  settled(): Promise<void>;
}

/** A user of the service, and the provider keys that the service has acknowledged: plaintexts by id. */
export interface User {
  readonly id: string;
  readonly keys: Map<string, string>;
}

export interface Counts {
  reads: number;
  writes: number;
  /** Requests that were left without an answer. */
  inDoubt: number;
}

/** A way to change a provider key. null: there is none. */
interface Change {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly before: string | null;
  readonly after: string | null;
  readonly body?: object;
}

/** Every request is sent again so often, at most, if it is left without an answer. */
const ATTEMPTS = 10;

/**
 * A client of the service that reads, creates, replaces and deletes the provider keys of its users, one request after another. Nobody else
 * writes them: what it reads must be what it wrote last.
 */
export class Client {
  readonly counts: Counts = { reads: 0, writes: 0, inDoubt: 0 };
  /** What was not as it must be, without any plaintext. */
  readonly failures: string[] = [];
  readonly #service: Service;
  readonly #users: readonly User[];
  readonly #random: SeededRandom;
  readonly #newPlaintext: () => string;
  readonly #onRequest: () => void;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(service: Service, users: readonly User[], random: SeededRandom, newPlaintext: () => string, onRequest: () => void) {
    this.#service = service;
    this.#users = users;
    this.#random = random;
    this.#newPlaintext = newPlaintext;
    this.#onRequest = onRequest;
  }

  /** Goes on until `signal` is aborted. */
  async work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await this.#step();
    this.#agent.destroy();
  }

  async #step(): Promise<void> {
    const user = this.#users[this.#random.below(this.#users.length)];
    if (user === undefined) throw new Error('a client has no user');
    const [id, before] = [...user.keys][this.#random.below(user.keys.size)] ?? [];
    const dice = this.#random.below(100);
    if (id === undefined || before === undefined || dice < 10) {
      const [provider, after] = [randomUUID().slice(0, 20), this.#newPlaintext()];
      const body = { userId: user.id, provider, apiKey: after };
      await this.#change(user, randomUUID(), { method: 'POST', before: null, after, body });
    } else if (dice < 20) {
      await this.#change(user, id, { method: 'DELETE', before, after: null });
    } else if (dice < 40) {
      const after = this.#newPlaintext();
      await this.#change(user, id, { method: 'PUT', before, after, body: { apiKey: after } });
    } else if (dice < 50) {
      await this.#list(user);
    } else {
      const found = await this.#read(id);
      if (found !== before) this.#fail(`read ${id}`, found);
    }
  }

  async #list({ id, keys }: User): Promise<void> {
    this.counts.reads += 1;
    const { status, body } = await this.#ask('GET', `/users/${id}/keys`);
    const rows: readonly { id: string; apiKey: string }[] = status === 200 ? JSON.parse(body) : [];
    const isSame = rows.length === keys.size && rows.every((row) => keys.get(row.id) === row.apiKey);
    if (!isSame) this.#fail(`list with status ${status}`, null);
  }

  /** @returns the plaintext; null if there is none; undefined if the answer is neither */
  async #read(id: string): Promise<string | null | undefined> {
    this.counts.reads += 1;
    const { status, body } = await this.#ask('GET', `/keys/${id}`);
    if (status === 404) return null;
    return status === 200 ? JSON.parse(body).apiKey : undefined;
  }

  /** What a write without an answer has done is read, and has to be all or nothing. */
  async #change(user: User, id: string, { method, before, after, body }: Change): Promise<void> {
    this.counts.writes += 1;
    const answer = await this.#send(method, `/keys/${id}`, body);
    let found: string | null | undefined = after;
    if (answer === null) {
      await this.#service.settled();
      found = await this.#read(id);
      if (found !== before && found !== after) this.#fail(`${method} ${id}, in doubt`, found);
    } else if (answer.status !== (method === 'POST' ? 201 : 204)) {
      this.#fail(`${method} ${id} with status ${answer.status}`, undefined);
    }
    if (typeof found === 'string') user.keys.set(id, found);
    else user.keys.delete(id);
  }

  /** Asks again until there is an answer. */
  async #ask(method: string, path: string): Promise<Answer> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const answer = await this.#send(method, path);
      if (answer !== null) return answer;
      await this.#service.settled();
    }
    return { status: 0, body: '' };
  }

  /** @returns the answer; null if the connection or the replica was lost */
  async #send(method: string, path: string, body?: object): Promise<Answer | null> {
    const answer = await ask(this.#agent, this.#service.port, method, path, body);
    this.#onRequest();
    if (answer !== null && answer.status !== 502) return answer;
    this.counts.inDoubt += 1;
    return null;
  }

  #fail(what: string, found: string | null | undefined): void {
    const holds = found === undefined ? 'no usable answer' : found === null ? 'nothing' : 'another plaintext';
    this.failures.push(`${what}: ${holds}`);
  }
}
