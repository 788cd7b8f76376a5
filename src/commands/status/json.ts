import { isUsable, type RegistryEntry } from '../../database/registry.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import type { Conclusion } from '../../report/conclusion.ts';
import { TOOL } from '../../report/report.ts';
import type { StatusReport } from '../../report/status-schema.ts';
import { plain } from '../../text/wrap.ts';
import type { Due } from './due.ts';
import type { KeyStatus, Status } from './keys.ts';
import { type Step, unaccounted } from './steps.ts';

/** What `--json` prints. */
export function reportOf(
  status: Status,
  step: Step,
  due: readonly Due[],
  { exitCode, headline, details, nextSteps }: Conclusion,
  { host, port, name, user }: Pick<DatabaseSettings, 'host' | 'port' | 'name' | 'user'>,
  tables: readonly string[],
  checkedAt: Date,
): StatusReport {
  const { target, keys, counts, registry } = status;
  return {
    formatVersion: 1,
    tool: TOOL,
    checkedAt: checkedAt.toISOString(),
    database: { host, port, name, user },
    tables: [...tables],
    registry: isUsable(registry) ? registry.label : null,
    counted: counts.kind,
    values: counts.kind === 'decrypted' ? counts.total.values : [...counts.names.values()].reduce((sum, rows) => sum + rows, 0),
    unaccounted: unaccounted(status),
    keys: keys.map((key) => keyReport(key, key === target)),
    step: step.kind,
    due: due.map(({ kind, key, message }) => ({ kind, fingerprint: key?.fingerprint ?? null, message })),
    exitCode,
    summary: plain(headline),
    details: details.map(plain),
    nextSteps: nextSteps.map(plain),
  };
}

function keyReport(
  { fingerprint, name, source, count, entry, splits }: KeyStatus,
  target: boolean,
): StatusReport['keys'][number] {
  const at = (of: (known: RegistryEntry) => Date | null) => (entry === null ? null : (of(entry)?.toISOString() ?? null));
  return {
    ...{ fingerprint, name, target, source },
    values: count.kind === 'unknown' ? null : count.values,
    valuesAre: count.kind,
    createdAt: at(({ created_at }) => created_at),
    activatedAt: at(({ activated_at }) => activated_at),
    lastVerifiedAt: at(({ last_verified_at }) => last_verified_at),
    unusedSince: at(({ unused_since }) => unused_since),
    escrowCheckedAt: at(({ escrow_checked_at }) => escrow_checked_at),
    escrowSplits: splits.map(({ split_id, threshold, total, checked, last_checked_at }) => ({
      ...{ splitId: split_id, threshold, total, checked },
      lastCheckedAt: last_checked_at.toISOString(),
    })),
    retiredAt: at(({ retired_at }) => retired_at),
  };
}
