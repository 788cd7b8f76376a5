import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../src/commands/command-line.ts';
import { EXIT } from '../../src/report/exit-code.ts';
import { readCronJobs } from '../support/schedules/cron-jobs.ts';
import { isSchedule, readCrontab } from '../support/schedules/crontab.ts';
import { documentedExitCodes, examples, readExample } from '../support/schedules/examples.ts';
import { only, readUnitFile } from '../support/schedules/unit-file.ts';

const names = readdirSync(examples);
const services = names.filter((name) => name.endsWith('.service'));
const { success, again, never } = documentedExitCodes();
/** What a shell and systemd's journal show after SIGKILL; the tool itself never exits with it. */
const KILLED = 137;

const ascending = (codes: readonly number[]) => codes.toSorted((one, other) => one - other);

describe('the exit codes in docs/scheduling.md', () => {
  it('are all that the tool has, each once', () => {
    expect(ascending([...success, ...again, ...never])).toEqual(ascending([...Object.values(EXIT), KILLED]));
    expect(success).toEqual([EXIT.done]);
  });

  it.each(services)('are what %s goes by', (name) => {
    const service = readUnitFile(readExample(name));
    expect(only(service, 'Restart')).toBe('on-failure');
    expect(only(service, 'RestartPreventExitStatus').split(' ').map(Number)).toEqual(never);
  });

  it('are what each CronJob goes by', () => {
    for (const { container, rules } of readCronJobs()) {
      const answer = (action: string, codes: readonly number[]) => ({
        action,
        onExitCodes: { containerName: container.name, operator: 'In', values: ascending(codes) },
      });
      expect(rules).toEqual([
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        answer('FailJob', never),
        answer(
          'Count',
          again.filter((code) => code !== KILLED),
        ),
      ]);
    }
  });
});

describe('the CronJobs', () => {
  it('never run twice at the same time, and have a new pod for each try', () => {
    for (const job of readCronJobs()) expect(job).toMatchObject({ concurrencyPolicy: 'Forbid', restartPolicy: 'Never' });
  });
});

/** The command lines of an example, behind the script's name and up to the end, a quote or a redirection. */
const COMMAND_LINE = /scripts\/rotate-encryption-key\.ts(?<words>(?: [^\s"]+)*?)(?= 2>|"|$)/gmu;

describe('every example', () => {
  it('has command lines that the tool accepts', () => {
    const written = names
      .filter((name) => name !== 'cronjob.yaml')
      .flatMap((name) => [...readExample(name).matchAll(COMMAND_LINE)].map(({ groups }) => groups?.['words'] ?? ''));
    const lines = written.map((words) => words.split(' ').filter((word) => word !== ''));
    const all = [...lines, ...readCronJobs().map(({ container }) => container.args)];
    expect(all).toHaveLength(9);
    for (const words of all) expect(parseCommandLine(words)).toMatchObject({ kind: 'command' });
  });

  it('has a schedule, at the same time each day', () => {
    const { cronSchedule } = JSON.parse(readExample('railway.json')).deploy;
    const schedules = [...readCronJobs(), ...readCrontab(readExample('crontab')).entries].map(({ schedule }) => schedule);
    for (const schedule of [...schedules, cronSchedule]) {
      expect(isSchedule(schedule), schedule).toBe(true);
      expect(schedule).toMatch(/^\d+ \d+ \* \* \*$/u);
    }
  });

  it('is described in docs/scheduling.md', () => {
    for (const name of names) expect(readExample('../scheduling.md')).toContain(`(examples/${name})`);
  });
});
