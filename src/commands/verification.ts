import type { EncryptionKey } from '../crypto/encryption-key.ts';
import { isUsable } from '../database/registry.ts';
import type { DatabaseSettings } from '../database/settings.ts';
import { type Conclusion, done, typed } from '../report/conclusion.ts';
import { EXIT, type ExitCode } from '../report/exit-code.ts';
import { type KeyWords, keyWords } from '../report/key-words.ts';
import { countsOf, type NamedKey, NOTHING_KNOWN, type Outcome, unreadableOf } from '../report/report.ts';
import { stoppedBy } from '../report/stopped-by.ts';
import { anyOf, nothingThere, type Total, totalOf, withoutValue } from '../report/total.ts';
import { listed, listUnreadable } from '../report/wording.ts';
import type { VerifyEnding } from '../rotation/result.ts';
import { verify } from '../rotation/verify.ts';
import { createOutput } from '../terminal/output.ts';
import type { Host } from './command.ts';
import { findingOf } from './finding.ts';
import { recordOnly } from './key-registry.ts';
import { type OutputPlan, repeated } from './output-plan.ts';
import { runOnTables, type TableRun } from './table-run.ts';

/** A key that is to decrypt every row, and what a person calls it. */
interface VerifiedKey {
  readonly name: string;
  readonly key: EncryptionKey;
}

/**
 * Decrypts every row with one key alone.
 *
 * @param nextSteps - what to do if it does; null: retire the other keys
 * @param kept - what was written before, and what to do with it; null: nothing was
 * @throws UsageError
 */
export function verifyTables(
  { name, key }: VerifiedKey,
  database: DatabaseSettings,
  outputPlan: OutputPlan,
  nextSteps: readonly string[] | null,
  host: Host,
  kept: string | null = null,
): Promise<ExitCode> {
  const { fingerprint } = key;
  const keys: NamedKey[] = [{ role: 'target', name, fingerprint }];
  const run: TableRun<VerifyEnding> = {
    ...{ command: 'verify', access: 'verify', database, outputPlan, outcome },
    keys,
    announcement: [`key: ${name} ${fingerprint}`],
    reason: null,
    async work(opened, options, author) {
      const { record } = recordOnly(opened, database, author, createOutput(host, false));
      const ring = { target: key, sources: [] };
      const result = await verify({ ...options, ring });
      if (result.ending.kind !== 'stopped') await record(findingOf(ring, result.ending.fields));
      return result;
    },
    conclude(ending, registry) {
      const again = kept === null ? repeated({ ...outputPlan, backup: null }) : 'run the same command again without --out';
      const said = conclude(ending, keyWords(keys), again, isUsable(registry));
      const details = kept === null ? said.details : [...(ending.kind === 'stopped' ? [] : said.details), kept];
      const conclusion = { ...said, details };
      const isVerified = ending.kind === 'verified' && totalOf(ending.fields).values > 0;
      return isVerified && nextSteps !== null ? { ...conclusion, nextSteps } : conclusion;
    },
    notStarted: (cause) => ({ kind: 'stopped', phase: null, cause, reached: null }),
  };
  return runOnTables(run, host);
}

/**
 * Says how a verification ended.
 *
 * @param isRegistered - whether there is a registry, hence the command retire
 */
export function conclude(ending: VerifyEnding, names: KeyWords, runAgain: string, isRegistered = false): Conclusion {
  switch (ending.kind) {
    case 'verified': {
      const total = totalOf(ending.fields);
      if (total.values === 0) return done(found(total, names), [], ['if you expected rows, check the database in DATABASE_URL']);
      return done(found(total, names), withoutValue(total), [
        isRegistered
          ? `see which keys are no longer used, and retire them: ${typed('status')}`
          : `retire ${names.sources} once no other table and no backup of the database needs ${names.them}`,
      ]);
    }
    case 'not-verified':
      return notVerified(totalOf(ending.fields), names, runAgain);
    case 'stopped':
      return { ...stoppedBy(ending.cause, runAgain), details: ['nothing was written'] };
    default:
      return ending satisfies never;
  }
}

/** Says what was read if the key decrypted every value. */
function found(total: Total, { target }: KeyWords): string {
  const { values, count } = total;
  if (values === 0) return nothingThere(total);
  return values === 1 ? `${target} decrypts the only ${count(1).slice(2)}` : `${target} decrypts all ${count(values)}`;
}

function notVerified(total: Total, names: KeyWords, runAgain: string): Conclusion {
  const { values, unreadable, unreadableRows, uncommitted, count, place, noun } = total;
  if (unreadable === 0) {
    return {
      exitCode: EXIT.notVerified,
      headline: `${found(total, names)}, but transactions that wrote to ${place} are still open`,
      details: listed(uncommitted.map((transaction) => `open: ${transaction}`)),
      nextSteps: [`keep ${names.sources}`, 'wait until they have ended, or end them with the SQL above', runAgain],
    };
  }
  const none = unreadable === values;
  return {
    exitCode: EXIT.notVerified,
    headline: `${names.target} cannot decrypt ${none ? anyOf(values, count) : `${unreadable} of ${count(values)}`}`,
    details: none ? [] : listUnreadable(unreadable, unreadableRows),
    nextSteps: [
      `keep ${names.sources}, and see which key the ${noun}s are under${names.inList ? ', with all keys in ENCRYPTION_KEYS' : ''}: ${typed('--dry-run')}`,
    ],
  };
}

/** What the report says about the end of a verification. */
export function outcome(ending: VerifyEnding): Outcome {
  const surveyed = ending.kind === 'stopped' ? [] : ending.fields;
  const doubt = totalOf(surveyed).unreadable > 0 ? 'unreadable' : 'uncommitted';
  return {
    ending: ending.kind,
    doubt: ending.kind === 'not-verified' ? doubt : null,
    unregistered: [],
    notYet: [],
    fields: new Map(
      surveyed.map(({ field, census }) => [
        field,
        { ...NOTHING_KNOWN, after: countsOf(census), unreadable: unreadableOf(census) },
      ]),
    ),
  };
}
