import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { freePort } from './embedded-postgres.ts';
import { cleanUpAfterDeath } from './server-watchdog.ts';

/** PgBouncer in transaction mode, in front of a server. */
export interface PgBouncer {
  /** The same database, by way of PgBouncer. */
  through(databaseUrl: string): string;
  /** Kills it (SIGKILL) and waits for its end. */
  kill(): Promise<void>;
  /** Starts it again, on the same port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Debian puts it where only root's PATH leads. */
export const pgBouncerBinary =
  ['pgbouncer', '/usr/sbin/pgbouncer', '/opt/homebrew/bin/pgbouncer'].find(
    (binary) => spawnSync(binary, ['--version'], { stdio: 'ignore' }).status === 0,
  ) ?? null;

/**
 * @param poolSize - connections to the server, shared by all the clients of one database
 * @param settings - lines of its configuration, which win over those here
 */
export async function startPgBouncer(
  binary: string,
  serverUrl: string,
  poolSize: number,
  settings: readonly string[] = [],
): Promise<PgBouncer> {
  const server = new URL(serverUrl);
  const [user, password] = [decodeURIComponent(server.username), decodeURIComponent(server.password)];
  const folder = mkdtempSync(path.join(tmpdir(), 'pgbouncer-'));
  const cleanedUp = cleanUpAfterDeath(folder, 'pgbouncer.pid');
  const port = await freePort();
  const configuration = path.join(folder, 'pgbouncer.ini');
  const users = path.join(folder, 'users.txt');
  writeFileSync(users, `${quote(user)} ${quote(password)}\n`, { mode: 0o600 });
  writeFileSync(
    configuration,
    `[databases]
* = host=${server.hostname} port=${server.port || '5432'}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
pidfile = ${path.join(folder, 'pgbouncer.pid')}
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = ${poolSize}
${settings.join('\n')}
`,
  );
  // It refuses to run as root.
  const owner = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  if (owner.uid !== undefined) for (const each of [folder, users, configuration]) chownSync(each, owner.uid, owner.gid);
  let child: ChildProcess | null = null;

  async function start(): Promise<void> {
    const started = spawn(binary, [configuration], { ...owner, stdio: ['ignore', 'ignore', 'pipe'] });
    child = started;
    await new Promise<void>((resolve, reject) => {
      let log = '';
      started.once('error', reject);
      started.once('exit', (code) => reject(new Error(`pgbouncer ended with ${code}: ${log}`)));
      started.stderr.on('data', (text: Buffer) => {
        if (log.length < 10_000) log += text.toString();
        if (log.includes('process up')) resolve();
      });
    });
  }

  async function kill(): Promise<void> {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    // It would refuse to start again.
    rmSync(path.join(folder, 'pgbouncer.pid'), { force: true });
  }

  await start();
  return {
    through(databaseUrl) {
      const url = new URL(databaseUrl);
      url.hostname = '127.0.0.1';
      url.port = String(port);
      return url.href;
    },
    kill,
    start,
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
      cleanedUp();
    },
  };
}

function quote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
}
