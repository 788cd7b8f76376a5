import type { Due, Limits } from '../../../../src/commands/status/due.ts';
import type { Status } from '../../../../src/commands/status/keys.ts';
import type { Step } from '../../../../src/commands/status/steps.ts';
import { ago, entered, fast, key, REGISTRY, status, used } from './given.ts';

const NO_LIMITS: Limits = { maxAgeMs: null, maxUnverifiedMs: null };
const DAY_MS = 86_400_000;
const YEARLY: Limits = { maxAgeMs: 365 * DAY_MS, maxUnverifiedMs: 35 * DAY_MS };

/** A key that was in use for a year, and the one that came after it. */
const OLD = used(400, { last_verified_at: ago(30) });
const NEW = entered(2);
const SWEPT = used(400, { last_verified_at: ago(30), unused_since: ago(1) });
const NEW_IN_USE = used(2, { last_verified_at: ago(1) });
const RETIRED = used(400, { retired_at: ago(10), unused_since: ago(12) });

interface Situation {
  readonly title: string;
  readonly of: Status;
  readonly step: Step['kind'];
  readonly due: readonly Due['kind'][];
  readonly limits: Limits;
}

function situation(
  title: string,
  of: Status,
  step: Step['kind'],
  due: readonly Due['kind'][] = [],
  limits = NO_LIMITS,
): Situation {
  return { title, of, step, due, limits };
}

const OTHERS = ['values-under-other-keys'] as const;

/** What there is to tell apart, with what has to be said of it. The keys are `a`, the old one, and `b`, the new one. */
export const SITUATIONS: readonly Situation[] = [
  situation('one key', status([key('a', 'first', 12, OLD)]), 'none'),
  situation('one key, not in the registry', status([key('a', 'first', 12, null)]), 'register'),
  situation('no values', status([key('a', 'first', 0, OLD)]), 'empty'),
  situation(
    'step 1: the new key is set and not registered',
    status([key('a', 'first', 12, OLD), key('b', 'second', 0, null)]),
    'register',
  ),
  situation(
    'step 1: the new key is registered and not set',
    status([key('a', 'first', 12, OLD), key('b', null, 0, NEW)]),
    'prepared',
  ),
  situation('step 2', status([key('a', 'first', 12, OLD), key('b', 'second', 0, NEW)]), 'introduced'),
  situation(
    'step 2, of keys that were entered together',
    status([key('a', 'first', 12, entered(2)), key('b', 'second', 0, entered(2))]),
    'introduced',
  ),
  situation(
    'step 2, gone back from step 3',
    status([key('a', 'first', 12, OLD), key('b', 'second', 0, used(2, { unused_since: ago(1) }))]),
    'introduced',
  ),
  situation(
    'step 3 seen with the keys of step 2',
    status([key('a', 'first', 10, OLD), key('b', 'second', 2, NEW)]),
    'behind',
    OTHERS,
  ),
  situation(
    'after the sweep, with the keys of step 2',
    status([key('a', 'first', 0, SWEPT), key('b', 'second', 12, NEW_IN_USE)]),
    'behind',
    OTHERS,
  ),
  situation('step 3', status([key('b', 'first', 0, NEW), key('a', 'second', 12, OLD)]), 'sweep', OTHERS),
  situation('step 4', status([key('b', 'first', 7, used(2)), key('a', 'second', 5, OLD)]), 'sweep', OTHERS),
  situation(
    'step 4, from two keys',
    status([key('b', 'first', 7, used(2)), key('a', 'second', 4, OLD), key('c', 'third', 1, used(800))]),
    'sweep',
    [...OTHERS, ...OTHERS],
  ),
  situation('step 5', status([key('b', 'first', 12, NEW_IN_USE), key('a', 'second', 0, SWEPT)]), 'swept'),
  situation(
    'step 5, of a key that the registry did not see in use since',
    status([key('b', 'first', 12, NEW_IN_USE), key('a', 'second', 0, OLD)]),
    'swept',
  ),
  situation(
    'step 5, with a key from before that was not retired',
    status([
      key('b', 'first', 12, NEW_IN_USE),
      key('a', 'second', 0, SWEPT),
      key('c', null, 0, used(800, { unused_since: ago(400) })),
    ]),
    'swept',
  ),
  situation(
    'step 5, as far as the tables go that are known',
    { ...status([key('b', 'first', 12, NEW_IN_USE), key('a', 'second', 0, SWEPT)]), unread: ['public.more.key_id'] },
    'not-counted',
    ['values-not-counted'],
  ),
  situation(
    'step 4, and columns that are not known',
    { ...status([key('b', 'first', 7, used(2)), key('a', 'second', 5, OLD)]), unread: ['public.a.key_id', 'public.b.key_id'] },
    'sweep',
    ['values-not-counted', ...OTHERS],
  ),
  situation('step 6', status([key('b', 'first', 12, NEW_IN_USE), key('a', null, 0, SWEPT)]), 'retire'),
  situation('after step 6', status([key('b', 'first', 12, NEW_IN_USE), key('a', null, 0, RETIRED)]), 'none'),
  situation(
    'after step 6, the retired key still being set',
    status([key('b', 'first', 12, NEW_IN_USE), key('a', 'second', 0, RETIRED)]),
    'none',
  ),
  situation(
    'the target is retired',
    status([key('a', 'first', 0, RETIRED), key('b', 'second', 12, NEW_IN_USE)]),
    'target-retired',
    ['target-retired', ...OTHERS],
  ),
  situation(
    'values under a retired key that is set',
    status([key('b', 'first', 11, NEW_IN_USE), key('a', 'second', 1, RETIRED)]),
    'retired-key-in-use',
    ['retired-key-in-use'],
  ),
  situation(
    'values under a retired key that is not set',
    status([key('b', 'first', 11, NEW_IN_USE), key('a', null, 1, RETIRED, 'named')], REGISTRY, 1),
    'retired-key-in-use',
    ['retired-key-in-use', 'values-unaccounted'],
  ),
  situation('values under the target, which is retired', status([key('a', 'first', 12, RETIRED)]), 'retired-key-in-use', [
    'retired-key-in-use',
  ]),
  situation('values that no key decrypts', status([key('a', 'first', 9, OLD)], REGISTRY, 3), 'other-keys', [
    'values-unaccounted',
  ]),
  situation(
    'values that the only key does not decrypt, and a key that is not set',
    status([key('a', 'first', 0, SWEPT), key('b', null, null, NEW_IN_USE)], REGISTRY, 12),
    'other-keys',
    ['values-unaccounted'],
  ),
  situation(
    'values that name a key that is not set',
    status([key('a', 'first', 2, OLD), key('c', 'second', 0, used(800)), key('b', null, 10, NEW_IN_USE, 'named')], REGISTRY, 10),
    'other-keys',
    ['values-unaccounted'],
  ),
  situation(
    'transactions that are open',
    status([key('a', 'first', 12, OLD)], REGISTRY, 0, ['pid 4711 of role app, for 90 s: SELECT pg_terminate_backend(4711)']),
    'none',
  ),
  situation('one key, without a registry', status([key('a', 'first', 12, null)], null), 'none'),
  situation(
    'two keys, without a registry',
    status([key('b', 'first', 12, null), key('a', 'second', 0, null)], null),
    'introduced',
  ),
  situation(
    'two keys with values, without a registry',
    status([key('b', 'first', 7, null), key('a', 'second', 5, null)], null),
    'sweep',
    OTHERS,
  ),
  situation(
    'limits, without a registry',
    status([key('a', 'first', 12, null)], null),
    'none',
    ['target-too-old', 'verification-too-old'],
    YEARLY,
  ),
  situation('a registry that may not be read', status([key('a', 'first', 12, null)], { ...REGISTRY, mayRead: false }), 'none'),
  situation(
    'a key within its limits',
    status([key('a', 'first', 12, used(365, { last_verified_at: ago(35) }))]),
    'none',
    [],
    YEARLY,
  ),
  situation(
    'a key that is too old, and unverified',
    status([key('a', 'first', 12, used(366, { last_verified_at: ago(36) }))]),
    'none',
    ['target-too-old', 'verification-too-old'],
    YEARLY,
  ),
  situation(
    'a key that was never verified',
    status([key('a', 'first', 12, entered(366))]),
    'none',
    ['target-too-old', 'verification-too-old'],
    YEARLY,
  ),
  situation(
    'a key that is too old while the next is on its way',
    status([key('a', 'first', 12, used(400, { last_verified_at: ago(1) })), key('b', 'second', 0, NEW)]),
    'introduced',
    ['target-too-old'],
    YEARLY,
  ),
  situation(
    'limits of a key that is not in the registry',
    status([key('a', 'first', 12, null)]),
    'register',
    ['target-too-old', 'verification-too-old'],
    YEARLY,
  ),
  situation(
    'two variables: values under the old key',
    status([key('b', 'new', 0, NEW), key('a', 'old', 12, OLD)]),
    'sweep',
    OTHERS,
  ),
  situation('two variables, swapped', status([key('a', 'new', 0, OLD), key('b', 'old', 12, NEW_IN_USE)]), 'behind', OTHERS),
  situation('two variables: all rotated', status([key('b', 'new', 12, NEW_IN_USE), key('a', 'old', 0, SWEPT)]), 'swept'),
  situation(
    'two variables, without a registry',
    status([key('b', 'new', 12, null), key('a', 'old', 0, null)], null),
    'introduced',
  ),
  situation(
    'two variables: the new key is retired',
    status([key('a', 'new', 0, RETIRED), key('b', 'old', 12, NEW_IN_USE)]),
    'target-retired',
    ['target-retired', ...OTHERS],
  ),
  situation('one variable, and a key that is not set', status([key('a', 'new', 12, OLD), key('b', null, 0, NEW)]), 'prepared'),
  situation('step 4, by name', fast([key('b', 'first', 7, used(2)), key('a', 'second', 1, OLD)]), 'sweep', OTHERS),
  situation('step 5, by name', fast([key('b', 'first', 12, NEW_IN_USE), key('a', 'second', 0, SWEPT)]), 'swept'),
  situation('no rows, by name', fast([key('a', 'first', 0, OLD)]), 'empty'),
  situation('rows that name no key', fast([key('a', 'first', 9, OLD)], 3), 'other-keys', ['values-unaccounted']),
  situation(
    'rows that name a key that is not set',
    fast([key('a', 'first', 9, OLD), key('b', null, 3, NEW_IN_USE)]),
    'other-keys',
    ['values-unaccounted'],
  ),
  situation(
    'rows that name a retired key',
    fast([key('b', 'first', 11, NEW_IN_USE), key('a', null, 1, RETIRED)]),
    'retired-key-in-use',
    ['retired-key-in-use', 'values-unaccounted'],
  ),
];
