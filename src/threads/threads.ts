import type { KeyObject } from 'node:crypto';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { KeyRing } from '../crypto/key-ring.ts';
import type { LayoutDefinition } from '../layout/template.ts';
import type { Plan } from '../rotation/planner.ts';
import type { Row } from '../rotation/store.ts';
import type { PageSurvey } from '../rotation/survey-page.ts';
import type { ValueWork, ValueWorkOptions, Workers } from '../rotation/value-work.ts';

/** What a thread is told once of a field, before its first task. */
export interface ThreadJob {
  readonly kind: 'job';
  readonly job: number;
  readonly ring: KeyRing;
  readonly layout: LayoutDefinition;
  readonly digestKey: KeyObject;
}

/** What each kind of work on a page comes to. */
export interface Results {
  readonly survey: PageSurvey;
  readonly plan: readonly Plan[];
}

/** A page to work on. */
export interface Task {
  readonly kind: keyof Results;
  readonly job: number;
  readonly task: number;
  readonly page: readonly Row[];
}

export type ThreadMessage = ThreadJob | Task;

export interface Answer {
  readonly task: number;
  readonly result: Partial<Results>;
}

interface Waiting {
  readonly resolve: (result: Partial<Results>) => void;
  readonly reject: (error: unknown) => void;
}

/** The process reads TypeScript by way of tsx, which a thread does not inherit. As CommonJS it needs no thread of its own for that. */
const ENTRY = `
  require(${JSON.stringify(fileURLToPath(import.meta.resolve('tsx/cjs/api')))}).register();
  require(${JSON.stringify(fileURLToPath(new URL('thread.ts', import.meta.url)))});`;

/** What a thread makes is garbage as soon as it has answered: with Node's own limit, each thread takes at least 10 MB more. */
const YOUNG_MEGABYTES = 8;

/** A worker thread, and the pages that it has not answered for. */
class Thread {
  // Without the environment, which holds passwords. tsx keeps its cache in the folder for temporary files.
  readonly #worker = new Worker(ENTRY, {
    eval: true,
    env: { TMPDIR: tmpdir(), TEMP: tmpdir() },
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
  });
  readonly #waiting = new Map<number, Waiting>();
  #tasks = 0;
  #failure: { readonly error: unknown } | null = null;

  constructor() {
    this.#worker.on('message', ({ task, result }: Answer) => {
      this.#waiting.get(task)?.resolve(result);
      this.#waiting.delete(task);
    });
    for (const event of ['error', 'messageerror']) this.#worker.on(event, (error) => this.#fail(error));
    this.#worker.on('exit', (code) => this.#fail(new Error(`a worker thread ended with code ${code}`)));
  }

  get load(): number {
    return this.#waiting.size;
  }

  learn(job: ThreadJob): void {
    this.#worker.postMessage(job);
  }

  async work<Kind extends Task['kind']>(kind: Kind, job: number, page: readonly Row[]): Promise<Results[Kind]> {
    const result = (await this.#answer(kind, job, page))[kind];
    if (result === undefined) throw new Error(`a worker thread did not answer with a ${kind}`);
    return result;
  }

  #answer(kind: Task['kind'], job: number, page: readonly Row[]): Promise<Partial<Results>> {
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
    return {
      // Each has a page that it works on, and one that waits.
      pagesAtOnce: 2 * this.#threads.length,
      survey: (page) => this.#idlest().work('survey', job, page),
      plan: (page) => this.#idlest().work('plan', job, page),
    };
  }

  async end(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  #idlest(): Thread {
    return this.#threads.reduce((idlest, thread) => (thread.load < idlest.load ? thread : idlest));
  }
}
