import type { RegistryEntry } from '../../database/registry.ts';
import type { KeyStatus, Status } from './keys.ts';

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];
}

/**
 * The status for Prometheus, as the textfile collector of node_exporter reads it: text that is valid in both of
 * https://prometheus.io/docs/instrumenting/exposition_formats and https://prometheus.io/docs/specs/om/open_metrics_spec.
 * What is not known has no sample. `encryption_keys_status_timestamp_seconds` grows older if later runs fail.
 */
export function metricsOf({ keys, counts }: Status, isDue: boolean, checkedAt: Date): string {
  const values = ({ count }: KeyStatus) => (count.kind === 'unknown' ? null : count.values);
  const time = (of: (entry: RegistryEntry) => Date | null) => (key: KeyStatus) =>
    seconds(key.entry === null ? null : of(key.entry));
  const metrics: Metric[] = [
    ofKeys('values', 'Encrypted values under the key.', keys, values),
    ofKeys(
      'created_timestamp_seconds',
      'When the key was entered in the registry.',
      keys,
      time(({ created_at }) => created_at),
    ),
    ofKeys(
      'activated_timestamp_seconds',
      'When values were first found under the key.',
      keys,
      time(({ activated_at }) => activated_at),
    ),
    ofKeys(
      'verified_timestamp_seconds',
      'When every value was last found under the key.',
      keys,
      time(({ last_verified_at }) => last_verified_at),
    ),
    ofKeys(
      'escrow_checked_timestamp_seconds',
      'When the escrow of the key was last checked.',
      keys,
      time(({ escrow_checked_at }) => escrow_checked_at),
    ),
    ofKeys(
      'retired_timestamp_seconds',
      'When the key was retired.',
      keys,
      time(({ retired_at }) => retired_at),
    ),
    {
      name: 'encryption_values_unreadable',
      help: 'Encrypted values that none of the keys that are set decrypts.',
      samples: counts.kind === 'decrypted' ? [[{}, counts.total.unreadable]] : [],
    },
    { name: 'encryption_keys_due', help: 'Whether something is due.', samples: [[{}, isDue ? 1 : 0]] },
    {
      name: 'encryption_keys_status_timestamp_seconds',
      help: 'When this was found out.',
      samples: [[{}, seconds(checkedAt) ?? 0]],
    },
  ];
  return [...metrics.filter(({ samples }) => samples.length > 0).flatMap(linesOf), '# EOF', ''].join('\n');
}

function ofKeys(name: string, help: string, keys: readonly KeyStatus[], of: (key: KeyStatus) => number | null): Metric {
  const samples = keys.flatMap((key) => {
    const value = of(key);
    return value === null ? [] : [[{ fingerprint: key.fingerprint, source: key.source }, value] as const];
  });
  return { name: `encryption_key_${name}`, help, samples };
}

function seconds(time: Date | null): number | null {
  return time === null ? null : time.getTime() / 1000;
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
