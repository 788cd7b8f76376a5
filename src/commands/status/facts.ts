import { isUsable, type RegistryEntry } from '../../database/registry.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import type { Words } from '../../report/total.ts';
import { verb } from '../../report/wording.ts';
import { sharesChecked } from '../share-words.ts';
import { dated } from '../time-words.ts';
import { isNewer, type KeyStatus, type Status } from './keys.ts';
import type { Step } from './steps.ts';
import { allCalled, called } from './words.ts';

/** A line of the summary. */
export type Fact = readonly [name: string, value: string];

/** What the summary says of the database, of each key, and of the step that the rotation is in. */
export function factsOf(
  status: Status,
  step: Step,
  { name, host, port, schema }: Pick<DatabaseSettings, 'name' | 'host' | 'port' | 'schema'>,
  tables: readonly string[],
  words: Words,
): Fact[] {
  const { registry, keys } = status;
  const where = registry === null ? `none: there is no table ${schema}.encryption_keys` : registry.label;
  return [
    ['database', `${name} on ${host}:${port}, ${verb(tables.length, 'table', 'tables')} ${tables.join(', ')}`],
    ['registry', registry === null || isUsable(registry) ? where : `none: ${where} cannot be used`],
    ...keys.flatMap((key) => keyFacts(key, status, words)),
    ['rotation', rotationFact(step, status)],
  ];
}

function keyFacts(key: KeyStatus, { registry, now }: Status, { count }: Words): Fact[] {
  const { count: values } = key;
  const found =
    values.kind === 'unknown'
      ? 'values unknown'
      : `${count(values.values)}${values.kind === 'named' ? ` ${verb(values.values, 'names', 'name')} it` : ''}`;
  const line: Fact = [key.name ?? 'not set', `${key.fingerprint} (${key.source}): ${found}`];
  if (!isUsable(registry)) return [line];
  const escrow = key.splits.map((split): Fact => ['', `escrow split ${split.split_id.slice(0, 8)}: ${sharesChecked(split)}`]);
  return [
    line,
    ['', key.entry === null ? 'not in the registry' : historyOf(key.entry, now, values.kind !== 'unknown' && values.values > 0)],
    ...escrow,
  ];
}

/** @param isUsed - whether it has values, which the registry may not know yet */
function historyOf(entry: RegistryEntry, now: Date, isUsed: boolean): string {
  const at = (time: Date | null, what: string, otherwise: string) => (time === null ? otherwise : `${what} ${dated(time, now)}`);
  return [
    at(entry.activated_at, 'activated', `registered ${dated(entry.created_at, now)}, not activated`),
    at(entry.last_verified_at, 'verified', 'not verified'),
    ...(isUsed || entry.unused_since === null ? [] : [`unused since ${dated(entry.unused_since, now)}`]),
    at(entry.escrow_checked_at, 'escrow checked', 'escrow not checked'),
    ...(entry.retired_at === null ? [] : [`retired ${dated(entry.retired_at, now)}`]),
  ].join(', ');
}

/** Says in which step the rotation is, and what tells so. */
function rotationFact(step: Step, status: Status): string {
  const { target, keys, registry } = status;
  const isPair = target.name === 'new' || target.name === 'old';
  const numbered = (number: string, why: string) => (isPair ? why : `${number}: ${why}`);
  const have = (some: readonly KeyStatus[]) => `${allCalled(some)} ${verb(some.length, 'has', 'have')}`;
  switch (step.kind) {
    case 'none':
      return `none is under way: ${keys.length > 1 ? 'every other key is retired' : `no other key is ${isUsable(registry) ? 'there' : 'set'}`}`;
    case 'register':
      return numbered('step 1', `${allCalled(step.keys)} ${verb(step.keys.length, 'is', 'are')} set, and not in the registry`);
    case 'prepared':
      return numbered('after step 1', `${have(step.keys)} no values, and had none`);
    case 'introduced':
      return step.others.every((key) => isNewer(key, target))
        ? numbered('step 2', `${have(step.others)} no values, and came after ${called(target)}`)
        : numbered('step 2 or 5', `${have(step.others)} no values; which key is the newer is not recorded`);
    case 'behind':
      return numbered('step 3', `${called(step.newer)} came after ${called(target)}, and has values`);
    case 'sweep':
      return numbered('step 3 or 4', `${have(step.sources)} values, which rotate moves to ${called(target)}`);
    case 'swept':
      return numbered('step 5', `${have(step.sources)} no values any more`);
    case 'retire':
      return numbered('step 6', `${have(step.keys)} no values any more, and ${verb(step.keys.length, 'is', 'are')} not set`);
    case 'empty':
      return 'unknown: there are no values';
    case 'retired-key-in-use':
    case 'other-keys':
    case 'not-counted':
    case 'target-retired':
      return 'unknown until the problem above is solved';
    default:
      return step satisfies never;
  }
}
