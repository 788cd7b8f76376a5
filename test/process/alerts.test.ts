import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { isInstalled, sayIfMissing } from '../support/keys/program.ts';
import { examples, readExample } from '../support/schedules/examples.ts';

const RULES = 'encryption-keys.rules.yml';
const hasPromtool = isInstalled('promtool', '--version');
sayIfMissing(hasPromtool, 'alerts', 'promtool is not on this machine (Debian: apt install prometheus)');

const folder = mkdtempSync(path.join(tmpdir(), 'alerts-'));
afterAll(() => rmSync(folder, { recursive: true }));
copyFileSync(path.join(examples, RULES), path.join(folder, RULES));

function promtool(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8', cwd: folder });
  return `${stdout}${stderr}exit code ${status}`;
}

const [HOUR, DAY] = [3600, 86_400];
/** In the tests of promtool time begins at 0, so that what was days ago is below it: they look at the alarms after this long. */
const NOW = 3 * HOUR;
const key = (name: string, fingerprint = 'aaaaaaaaaaaaaaaa') => `${name}{fingerprint="${fingerprint}",source="file"}`;

/** What a healthy machine says: one key, all well, `status` an hour ago. */
const HEALTHY: Readonly<Record<string, number>> = {
  encryption_keys_due: 0,
  encryption_keys_status_timestamp_seconds: NOW - HOUR,
  [key('encryption_key_values')]: 10,
  [key('encryption_key_escrow_checked_timestamp_seconds')]: NOW - 100 * DAY,
};

/** Runs promtool's own test: these series all the time must give these alarms, and no others. */
function expectAlarms(series: Readonly<Record<string, number>>, alarms: readonly string[]): void {
  const names = [
    'EncryptionKeysDue',
    'EncryptionKeysStatusMissing',
    'RetiredEncryptionKeyInUse',
    'EncryptionKeyEscrowNotChecked',
  ];
  const test = {
    rule_files: [RULES],
    evaluation_interval: '30m',
    tests: [
      {
        interval: '30m',
        input_series: Object.entries(series).map(([name, value]) => ({ series: name, values: `${value}x6` })),
        promql_expr_test: names.map((name) => ({
          expr: `count(ALERTS{alertname="${name}",alertstate="firing"})`,
          eval_time: `${NOW / HOUR}h`,
          exp_samples: alarms.includes(name) ? [{ labels: '{}', value: 1 }] : [],
        })),
      },
    ],
  };
  writeFileSync(path.join(folder, 'test.yml'), stringify(test));
  expect(promtool('test', 'rules', 'test.yml')).toMatch(/exit code 0$/u);
}

function without(name: string): Record<string, number> {
  return Object.fromEntries(Object.entries(HEALTHY).filter(([each]) => !each.startsWith(name)));
}

it('the metrics in the alerts and in docs/scheduling.md are those that status writes', () => {
  const written = readFileSync(path.join(examples, '..', '..', 'src', 'commands', 'status', 'metrics.ts'), 'utf8');
  const [, section = ''] = readExample('../scheduling.md').split('## Metrics and alerts');
  const named = `${readExample(RULES)}${section}`.matchAll(/\bencryption_(?:key_)?(?<name>\w+)/gu);
  const names = new Set([...named].flatMap(({ groups }) => groups?.['name'] ?? []));
  expect(names.size).toBeGreaterThan(5);
  expect([...names].filter((name) => !new RegExp(`'(?:encryption_)?${name}'`, 'u').test(written))).toEqual([]);
});

describe.skipIf(!hasPromtool)('docs/examples/encryption-keys.rules.yml', () => {
  it('is correct as Prometheus sees it', () => {
    expect(promtool('check', 'rules', RULES)).toMatch(/SUCCESS: 4 rules found[\s\S]*exit code 0$/u);
  });

  it.each<[when: string, series: Record<string, number>, alarms: string[]]>([
    ['all is well', HEALTHY, []],
    ['something is due', { ...HEALTHY, encryption_keys_due: 1 }, ['EncryptionKeysDue']],
    [
      'status has not run for two days',
      { ...HEALTHY, encryption_keys_status_timestamp_seconds: NOW - 3 * DAY },
      ['EncryptionKeysStatusMissing'],
    ],
    ['there are no metrics at all', {}, ['EncryptionKeysStatusMissing']],
    [
      'a retired key has values',
      { ...HEALTHY, [key('encryption_key_retired_timestamp_seconds')]: NOW - HOUR },
      ['RetiredEncryptionKeyInUse'],
    ],
    [
      'a retired key has none',
      {
        ...HEALTHY,
        [key('encryption_key_values', 'bbbbbbbbbbbbbbbb')]: 0,
        [key('encryption_key_retired_timestamp_seconds', 'bbbbbbbbbbbbbbbb')]: NOW - HOUR,
      },
      [],
    ],
    ['the escrow was never checked', without('encryption_key_escrow'), ['EncryptionKeyEscrowNotChecked']],
    [
      'the escrow was checked long ago',
      { ...HEALTHY, [key('encryption_key_escrow_checked_timestamp_seconds')]: NOW - 401 * DAY },
      ['EncryptionKeyEscrowNotChecked'],
    ],
  ])('when %s, alarms as it should', (_when, series, alarms) => {
    expectAlarms(series, alarms);
  });
});
