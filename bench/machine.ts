import { createRequire } from 'node:module';
import os from 'node:os';
import process from 'node:process';
import type { Client } from 'pg';
import { z } from 'zod';
import { VERSION } from '../src/cli/command-line.ts';

/** What the numbers were measured on, and with. Names no host, no user and no path. */
export interface Circumstances {
  readonly date: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGigabytes: number;
    readonly system: string;
  };
  readonly versions: Readonly<Record<'tool' | 'node' | 'prisma' | 'nodePostgres' | 'postgresql', string>>;
  readonly server: 'embedded' | 'of BENCH_DATABASE_URL';
  /** What decides how durable a commit is, and how much the server keeps in memory. */
  readonly serverSettings: Readonly<Record<string, string>>;
}

const SETTINGS = ['fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'shared_buffers', 'max_wal_size'];

export async function describeCircumstances(client: Client, embedded: boolean): Promise<Circumstances> {
  const serverSettings: Record<string, string> = {};
  for (const name of SETTINGS) serverSettings[name] = await show(client, name);
  return {
    date: new Date().toISOString(),
    machine: {
      cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
      cores: os.availableParallelism(),
      memoryGigabytes: Math.round(os.totalmem() / 2 ** 30),
      system: `${os.type()} ${os.arch()}`,
    },
    versions: {
      tool: VERSION,
      node: process.versions.node,
      prisma: versionOf('@prisma/client'),
      nodePostgres: versionOf('pg'),
      postgresql: await show(client, 'server_version'),
    },
    server: embedded ? 'embedded' : 'of BENCH_DATABASE_URL',
    serverSettings,
  };
}

async function show(client: Client, setting: string): Promise<string> {
  const { rows } = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [setting]);
  return rows[0]?.value ?? '';
}

function versionOf(name: string): string {
  const manifest: unknown = createRequire(import.meta.url)(`${name}/package.json`);
  return z.object({ version: z.string() }).parse(manifest).version;
}
