import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Pool } from 'pg';
import type { SeededRandom } from '../vitest/random.ts';
import { type Front, startFront, type Upstream } from './front.ts';

/** A process of the service, in front of the database with the keys that it was started with. */
interface Replica {
  readonly name: string;
  readonly encryptionKeys: string;
  readonly child: ChildProcess;
  /** Its exit code and its signal. */
  readonly exit: Promise<unknown[]>;
  readonly upstream: Upstream;
}

export interface FleetOptions {
  /** The folder that buildApplication filled. */
  readonly folder: string;
  readonly database: { readonly url: string; readonly pool: Pool };
  /** Is given all that a replica has printed, once it has ended. */
  readonly onOutput?: (output: string) => void;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The service: replicas behind one port, which are replaced one by one. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #front: Front;
  #replicas: readonly Replica[] = [];
  #started = 0;
  #kill: Promise<void> = Promise.resolve();

  private constructor(options: FleetOptions, front: Front) {
    this.#options = options;
    this.#front = front;
  }

  static async start(options: FleetOptions, encryptionKeys: string, replicas = 4): Promise<Fleet> {
    const fleet = new Fleet(options, await startFront());
    fleet.#replicas = await Promise.all(Array.from({ length: replicas }, () => fleet.#launch(encryptionKeys)));
    return fleet;
  }

  get port(): number {
    return this.#front.port;
  }

  /** Replaces every replica, one after the other: the new one is ready before the old one gets no more requests, and is stopped. */
  async rollOut(encryptionKeys: string, betweenTwo: () => Promise<void>): Promise<void> {
    for (;;) {
      const old = this.#replicas.find((each) => each.encryptionKeys !== encryptionKeys);
      if (old === undefined) return;
      const fresh = await this.#launch(encryptionKeys);
      this.#replicas = this.#replicas.map((each) => (each === old ? fresh : each));
      await this.#retire(old);
      await betweenTwo();
    }
  }

  /** Kills a replica (SIGKILL) while it has requests in hand, and starts another in its place. */
  async kill(random: SeededRandom): Promise<void> {
    const victim = random.pick(...(this.#replicas as [Replica, ...Replica[]]));
    this.#kill = this.#end(victim);
    await this.#kill;
    const fresh = await this.#launch(victim.encryptionKeys);
    this.#replicas = this.#replicas.map((each) => (each === victim ? fresh : each));
  }

  /** Resolves once nothing that a killed replica sent can still reach the database: what was in doubt can be read. */
  settled(): Promise<void> {
    return this.#kill;
  }

  async stop(): Promise<void> {
    const replicas = this.#replicas;
    this.#replicas = [];
    await Promise.all(replicas.map((each) => this.#retire(each)));
    await this.#front.close();
  }

  async #launch(encryptionKeys: string): Promise<Replica> {
    this.#started += 1;
    const name = `replica-${this.#started}`;
    const { folder, database, onOutput } = this.#options;
    const url = new URL(database.url);
    url.searchParams.set('application_name', name);
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, DATABASE_URL: url.href, ENCRYPTION_KEYS: encryptionKeys };
    const child = spawn(process.execPath, [path.join('dist', 'server.js')], {
      cwd: folder,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    running.add(child);
    const exit = once(child, 'exit').finally(() => running.delete(child));
    let log = '';
    const port = await new Promise<number>((resolve, reject) => {
      child.stderr.on('data', (text: Buffer) => {
        log += text.toString();
      });
      createInterface(child.stdout).on('line', (line) => {
        log += `${line}\n`;
        const [, number] = /^listening on (\d+)$/u.exec(line) ?? [];
        if (number !== undefined) resolve(Number(number));
      });
      child.once('close', () => {
        onOutput?.(log);
        reject(new Error(`${name} ended: ${log}`));
      });
    });
    return { name, encryptionKeys, child, exit, upstream: this.#front.add(port) };
  }

  /** @throws Error if it does not end by itself, with 0 */
  async #retire({ name, child, exit, upstream }: Replica): Promise<void> {
    await upstream.drain();
    child.kill('SIGTERM');
    const [code, signal] = await exit;
    if (code !== 0) throw new Error(`${name} ended with ${code ?? signal}`);
  }

  async #end({ name, child, exit, upstream }: Replica): Promise<void> {
    child.kill('SIGKILL');
    await exit;
    await upstream.drain();
    await this.#options.database.pool.query(`
      DO $$ BEGIN
        WHILE EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = '${name}') LOOP
          PERFORM pg_sleep(0.005), pg_stat_clear_snapshot();
        END LOOP;
      END $$`);
  }
}
