import type { KeyObject } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { KeyRing } from '../crypto/key-ring.ts';
import type { LayoutDefinition } from '../layout/template.ts';
import type { Row } from '../rotation/store.ts';
import type { ValueWork, ValueWorkOptions, Workers } from '../rotation/value-work.ts';

/** What a thread is told once of a field, before its first task. */
export interface ThreadJob {
  readonly kind: 'job';
  readonly job: number;
  readonly ring: KeyRing;
  readonly layout: LayoutDefinition;
  readonly digestKey: KeyObject;
}

/** A page to work on. */
export interface Task {
  readonly kind: 'survey' | 'plan';
  readonly job: number;
  readonly task: number;
  readonly page: readonly Row[];
}

export type ThreadMessage = ThreadJob | Task;

interface Answer {
  readonly task: number;
  readonly result: unknown;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Lets a thread read TypeScript, as the process itself does, which passes that on to no thread. */
const ENTRY = `
  import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))}).then(({ register }) => {
    register();
    return import(${JSON.stringify(new URL('thread.ts', import.meta.url).href)});
  });`;

/** A worker thread, and the pages that it has not answered for. */
class Thread {
  // Without the environment, which holds passwords.
  readonly #worker = new Worker(ENTRY, { eval: true, env: {} });
  readonly #waiting = new Map<number, Waiting>();
  #tasks = 0;
  #failure: { readonly error: unknown } | null = null;

  constructor() {
    this.#worker.on('message', ({ task, result }: Answer) => {
      this.#waiting.get(task)?.resolve(result);
      this.#waiting.delete(task);
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (code) => this.#fail(new Error(`a worker thread ended with code ${code}`)));
  }

  get load(): number {
    return this.#waiting.size;
  }

  learn(job: ThreadJob): void {
    this.#worker.postMessage(job);
  }

  work(kind: Task['kind'], job: number, page: readonly Row[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) return reject(this.#failure.error);
      this.#tasks += 1;
      this.#waiting.set(this.#tasks, { resolve, reject });
      const task: Task = { kind, job, task: this.#tasks, page };
      this.#worker.postMessage(task);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    for (const { reject } of this.#waiting.values()) reject(this.#failure.error);
    this.#waiting.clear();
  }
}

/** Worker threads. If one dies, so does the work on its pages. */
export class Threads implements Workers {
  readonly #threads: readonly Thread[];
  #jobs = 0;

  /** @param count - one or more */
  constructor(count: number) {
    this.#threads = Array.from({ length: count }, () => new Thread());
  }

  workOn({ ring, layout, digestKey }: ValueWorkOptions): ValueWork {
    this.#jobs += 1;
    const job = this.#jobs;
    for (const thread of this.#threads) thread.learn({ kind: 'job', job, ring, layout: layout.definition, digestKey });
    const work = (kind: Task['kind'], page: readonly Row[]) => this.#idlest().work(kind, job, page);
    return {
      // Each has a page that it works on, and one that waits.
      pagesAtOnce: 2 * this.#threads.length,
      survey: (page) => work('survey', page) as ReturnType<ValueWork['survey']>,
      plan: (page) => work('plan', page) as ReturnType<ValueWork['plan']>,
    };
  }

  async end(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  #idlest(): Thread {
    return this.#threads.reduce((idlest, thread) => (thread.load < idlest.load ? thread : idlest));
  }
}
