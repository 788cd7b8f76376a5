import type { Environment } from '../../config/environment.ts';
import { readTargetAndOthers } from '../../config/keys.ts';
import type { KeyRing } from '../../crypto/key-ring.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import type { Database } from '../../database/with-database.ts';
import type { Author } from '../../database/write-registry.ts';
import type { NamedKey } from '../../report/report.ts';
import type { RunOptions } from '../../rotation/run.ts';
import type { Output } from '../../terminal/output.ts';
import { refuse } from '../../text/problem.ts';
import type { Given, Host } from '../command.ts';
import { readDuration } from '../duration.ts';
import { namedKeys, ringOf } from '../given-ring.ts';
import { readReason } from '../reason.ts';

/** What to retire, and on what conditions. */
export interface RetirePlan {
  readonly fingerprint: string;
  /** How long the key must have been unused. */
  readonly soakMs: number;
  /** Whether the escrow of the target key must have been checked. */
  readonly needsEscrow: boolean;
  readonly reason: string | null;
}

const SOAK = '24h';

/** @throws UsageError */
export async function readRetirePlan(given: Given): Promise<RetirePlan> {
  // Not quoted: it may be a key in the wrong place.
  if (!/^[0-9a-f]{16}$/u.test(given.argument)) {
    refuse('the key to retire is named by its fingerprint: 16 hex characters', 'status lists the fingerprints of all keys');
  }
  const soakMs = readDuration('soak', given.value('soak') ?? SOAK);
  return {
    fingerprint: given.argument,
    soakMs,
    needsEscrow: !given.has('no-escrow'),
    reason: readReason(given),
  };
}

/** The keys that are set, and how they are printed. */
export interface RetireKeys {
  readonly ring: KeyRing;
  readonly named: readonly NamedKey[];
}

/** What a retirement works with. */
export interface Retirement {
  readonly plan: RetirePlan;
  readonly keys: RetireKeys;
  readonly settings: DatabaseSettings;
  readonly opened: Database;
  readonly host: Host;
  readonly options: RunOptions;
  readonly author: Author;
  readonly output: Output;
}

/** @throws UsageError; the reason of the interruption */
export async function readRetireKeys(
  env: Environment,
  { fingerprint }: RetirePlan,
  interruption: AbortSignal,
): Promise<RetireKeys> {
  const keys = await readTargetAndOthers(env, interruption);
  const [target] = keys;
  if (target.key.fingerprint === fingerprint) {
    refuse(
      `key ${fingerprint} is the ${target.name} key, under which the services encrypt`,
      target.name === 'new'
        ? 'name the fingerprint of the old key: status lists them'
        : 'name the fingerprint of another key; if the services use another one now, put it first in ENCRYPTION_KEYS',
    );
  }
  return { ring: ringOf(keys), named: namedKeys(keys) };
}
