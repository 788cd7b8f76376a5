import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import type { EmbeddedPostgres } from './embedded-postgres.ts';

/** Kills the server and every process of it with SIGKILL, as a machine that dies would, and starts it on the same data. */
export async function killAndRestart(server: EmbeddedPostgres): Promise<void> {
  const postmaster = server.pid();
  const killed = new Set([postmaster, ...childrenOf(postmaster)]);
  for (const pid of killed) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // A backend may have ended by itself in the meantime.
    }
  }
  // A server does not start while a process of the one before holds its shared memory, nor while the pid in its lock file exists.
  while (processes().some(({ pid, state }) => pid === postmaster || (killed.has(pid) && !state.startsWith('Z')))) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  await server.start();
}

function childrenOf(parent: number): number[] {
  return processes().flatMap(({ pid, ppid }) => (ppid === parent ? [pid] : []));
}

function processes(): { pid: number; ppid: number; state: string }[] {
  const lines = existsSync('/proc/self/stat') ? fromProc() : fromPs();
  return lines.map((line) => {
    const [pid = '', ppid = '', state = ''] = line.trim().split(/\s+/u);
    return { pid: Number(pid), ppid: Number(ppid), state };
  });
}

/** Slim images have no `ps`. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function fromProc(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/u.test(name));
  return pids.flatMap((pid) => {
    try {
      const [, state, ppid] = /^.*\) (\S+) (\d+)/su.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      return [`${pid} ${ppid} ${state}`];
    } catch {
      return [];
    }
  });
}

function fromPs(): string[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' }).trim().split('\n');
}
