import { isUsable } from '../../database/registry.ts';
import { anyOf, type Words } from '../../report/total.ts';
import { enumerated, verb } from '../../report/wording.ts';
import { dated, dayOf, said } from '../time-words.ts';
import { isRetired, type KeyStatus, type Status, valuesUnder, wasUsed } from './keys.ts';
import { unaccounted } from './steps.ts';
import { called } from './words.ts';

/** How old things may be, in milliseconds; null: as old as they like. */
export interface Limits {
  readonly maxAgeMs: number | null;
  readonly maxUnverifiedMs: number | null;
}

/** Something that needs somebody. */
export interface Due {
  readonly kind:
    | 'retired-key-in-use'
    | 'values-under-other-keys'
    | 'values-unaccounted'
    | 'values-not-counted'
    | 'target-retired'
    | 'target-too-old'
    | 'verification-too-old';
  /** The key that it is about; null if it is not about one. */
  readonly key: KeyStatus | null;
  readonly message: string;
}

/** @returns all that is due, what is worst first */
export function dueOf(status: Status, limits: Limits, words: Words): Due[] {
  const { target, keys } = status;
  const inUse = keys.filter((key) => isRetired(key) && valuesUnder(key) > 0);
  const others = keys.filter((key) => key !== target && key.name !== null && !isRetired(key) && valuesUnder(key) > 0);
  return [
    ...inUse.map((key): Due => ({ kind: 'retired-key-in-use', key, message: inUseMessage(key, words) })),
    ...(isRetired(target) && !inUse.includes(target)
      ? [{ kind: 'target-retired' as const, key: target, message: `${called(target)} was retired${on(target)}` }]
      : []),
    ...unaccountedDue(status, words),
    ...notCountedDue(status),
    ...others.map((key): Due => ({ kind: 'values-under-other-keys', key, message: leftMessage(key, status, words) })),
    ...ageDue(status, limits),
    ...verificationDue(status, limits),
  ];
}

function inUseMessage(key: KeyStatus, words: Words): string {
  const values = valuesUnder(key);
  const are = key.count.kind === 'named' ? verb(values, 'names', 'name') : `${verb(values, 'is', 'are')} under`;
  return `${words.count(values)} ${are} ${called(key)}, which was retired${on(key)}: this must not happen`;
}

function on({ entry }: KeyStatus): string {
  return entry === null || entry.retired_at === null ? '' : ` on ${dayOf(entry.retired_at)}`;
}

function leftMessage(key: KeyStatus, { target, counts }: Status, words: Words): string {
  const values = valuesUnder(key);
  if (counts.kind === 'named')
    return `${words.count(values)} ${verb(values, 'names', 'name')} ${called(key)}, not ${called(target)}`;
  const { total } = counts;
  if (values === total.values) return `every ${words.noun} is under ${called(key)}, not under ${called(target)}`;
  return `${values} of ${words.count(total.values)} ${verb(values, 'is', 'are')} under ${called(key)}, not under ${called(target)}`;
}

/** Values under none of the keys that are set; those that name a retired key have been told of. */
function unaccountedDue(status: Status, { count }: Words): Due[] {
  const values = unaccounted(status);
  if (values === 0) return [];
  const due = (message: string): Due[] => [{ kind: 'values-unaccounted', key: null, message }];
  if (status.counts.kind === 'decrypted') {
    const keys = status.keys.filter(({ name }) => name !== null).length;
    const none = keys === 1 ? 'the only key that is set cannot' : 'none of the keys that are set can';
    const all = status.counts.total.values;
    return due(`${none} decrypt ${values < all ? `${values} of ${count(all)}` : anyOf(all, count)}`);
  }
  return due(`${values} ${verb(values, 'row names', 'rows name')} none of the keys that are set`);
}

function notCountedDue({ unread, registry }: Status): Due[] {
  if (unread.length === 0) return [];
  const [refer, are] = [verb(unread.length, 'refers', 'refer'), verb(unread.length, 'is', 'are')];
  const message = `${enumerated(unread)} ${refer} to ${registry?.label}, and ${are} not in prisma/schema.prisma: values beside ${verb(unread.length, 'it', 'them')} may not have been counted`;
  return [{ kind: 'values-not-counted', key: null, message }];
}

function ageDue({ target, registry, now }: Status, { maxAgeMs }: Limits): Due[] {
  if (maxAgeMs === null) return [];
  const due = (message: string): Due[] => [{ kind: 'target-too-old', key: target, message }];
  const since = target.entry?.activated_at ?? target.entry?.created_at;
  if (since === undefined) return due(`the age of ${called(target)} is unknown: ${notRecorded(registry)}`);
  const age = now.getTime() - since.getTime();
  if (age <= maxAgeMs) return [];
  const began = wasUsed(target) ? 'in use since' : 'registered on';
  return due(`${called(target)} is ${said(age)} old (${began} ${dayOf(since)}): more than ${said(maxAgeMs)}`);
}

function verificationDue({ target, registry, now }: Status, { maxUnverifiedMs }: Limits): Due[] {
  if (maxUnverifiedMs === null) return [];
  const due = (message: string): Due[] => [{ kind: 'verification-too-old', key: target, message }];
  const last = target.entry?.last_verified_at ?? null;
  if (last === null) {
    return due(
      target.entry === null
        ? `the last verification is unknown: ${notRecorded(registry)}`
        : `no verification of ${called(target)} is recorded`,
    );
  }
  if (now.getTime() - last.getTime() <= maxUnverifiedMs) return [];
  return due(`the last verification was on ${dated(last, now)}: more than ${said(maxUnverifiedMs)} ago`);
}

function notRecorded(registry: Status['registry']): string {
  return isUsable(registry) ? 'the registry does not have the key' : 'there is no registry that can be read';
}
