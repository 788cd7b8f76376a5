import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { expectNoSecret } from '../tool/known-secrets.ts';
import { linkProject } from '../tool/link-project.ts';
import type { CronEntry } from './crontab.ts';
import { only, type UnitFile } from './unit-file.ts';

/** A folder that stands for the root of a machine, with the files that docs/scheduling.md asks for, and what runs schedules there. */
export interface Machine {
  /** Where a path of the examples is here. */
  at(file: string): string;
  /** Runs an entry as cron does: by /bin/sh, in the user's home, with little more than PATH. @returns what cron would mail */
  cron(entry: CronEntry, search: string): Promise<string>;
  /** Runs the command of a unit with its variables and credentials. systemd itself is not asked to. */
  service(unit: UnitFile): Promise<{ readonly said: string; readonly code: number | null }>;
  remove(): void;
}

const ROOTS = /(?<![\w./])\/(?:opt|etc|var)\//gu;

/** @param files - the content of each file, by the path that the examples give it */
export function createMachine(files: Readonly<Record<string, string>>): Machine {
  const root = mkdtempSync(path.join(tmpdir(), 'machine-'));
  const at = (file: string) => path.join(root, file);
  const here = (text: string) => text.replaceAll(ROOTS, (folder) => `${root}${folder}`);
  mkdirSync(at('opt'));
  linkProject(at('opt/rotate-encryption-key'));
  mkdirSync(at('var/lib/prometheus/node-exporter'), { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(at(file)), { recursive: true });
    writeFileSync(at(file), here(content), { mode: 0o600 });
  }

  return {
    at,
    async cron({ user, command }, search) {
      const env = { PATH: `${path.dirname(process.execPath)}:${search}`, HOME: root, LOGNAME: user, SHELL: '/bin/sh' };
      const child = spawn('/bin/sh', ['-c', here(command)], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
      return (await outcome(child)).said;
    },
    async service(unit) {
      const credentials = mkdtempSync(at('credentials-'));
      for (const credential of unit.get('LoadCredential') ?? []) {
        const [id = '', source = ''] = credential.split(':');
        copyFileSync(at(source), path.join(credentials, id));
      }
      const assignments = (unit.get('Environment') ?? []).map((each) => each.replaceAll('%d', credentials).split('='));
      const [, ...args] = here(only(unit, 'ExecStart')).split(' ');
      const cwd = here(only(unit, 'WorkingDirectory'));
      return outcome(
        spawn(process.execPath, args, { cwd, env: Object.fromEntries(assignments), stdio: ['ignore', 'pipe', 'pipe'] }),
      );
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** @returns everything that it prints, without a secret, and its exit code */
async function outcome(child: ChildProcess): Promise<{ said: string; code: number | null }> {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text: Buffer) => {
      said += text.toString();
    });
  }
  const [code] = await once(child, 'close');
  expectNoSecret(said);
  return { said, code };
}
