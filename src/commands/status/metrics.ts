import type { RegistryEntry } from '../../database/registry.ts';
import type { KeyStatus, Status } from './keys.ts';

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];
}

/** What is told of each key. Null: not known, or it has not happened. */
const OF_EACH_KEY: readonly (readonly [name: string, help: string, of: (key: KeyStatus) => number | null])[] = [
  ['values', 'Encrypted values under the key.', ({ count }) => (count.kind === 'unknown' ? null : count.values)],
  ['created_timestamp_seconds', 'When the key was entered in the registry.', at('created_at')],
  ['activated_timestamp_seconds', 'When values were first found under the key.', at('activated_at')],
  ['verified_timestamp_seconds', 'When every value was last found under the key.', at('last_verified_at')],
  ['escrow_checked_timestamp_seconds', 'When the escrow of the key was last checked.', at('escrow_checked_at')],
  ['retired_timestamp_seconds', 'When the key was retired.', at('retired_at')],
];

/**
 * The status for Prometheus, as the textfile collector of node_exporter reads it: text that is valid in both of
 * https://prometheus.io/docs/instrumenting/exposition_formats and https://prometheus.io/docs/specs/om/open_metrics_spec.
 * What is not known has no sample. `encryption_keys_status_timestamp_seconds` grows older if later runs fail.
 */
export function metricsOf({ keys, counts }: Status, isDue: boolean, checkedAt: Date): string {
  const metrics: Metric[] = [
    ...OF_EACH_KEY.map(([name, help, of]) => ({ name: `encryption_key_${name}`, help, samples: samplesOf(keys, of) })),
    {
      name: 'encryption_values_unreadable',
      help: 'Encrypted values that none of the keys that are set decrypts.',
      samples: counts.kind === 'decrypted' ? [[{}, counts.total.unreadable]] : [],
    },
    { name: 'encryption_keys_due', help: 'Whether something is due.', samples: [[{}, isDue ? 1 : 0]] },
    {
      name: 'encryption_keys_status_timestamp_seconds',
      help: 'When this was found out.',
      samples: [[{}, seconds(checkedAt)]],
    },
  ];
  return [...metrics.filter(({ samples }) => samples.length > 0).flatMap(linesOf), '# EOF', ''].join('\n');
}

function at(column: keyof RegistryEntry & `${string}_at`): (key: KeyStatus) => number | null {
  return ({ entry }) => {
    const time = entry?.[column] ?? null;
    return time === null ? null : seconds(time);
  };
}

function samplesOf(keys: readonly KeyStatus[], of: (key: KeyStatus) => number | null): Metric['samples'] {
  return keys.flatMap((key) => {
    const value = of(key);
    return value === null ? [] : [[{ fingerprint: key.fingerprint, source: key.source }, value] as const];
  });
}

function seconds(time: Date): number {
  return time.getTime() / 1000;
}

function linesOf({ name, help, samples }: Metric): string[] {
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines];
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
