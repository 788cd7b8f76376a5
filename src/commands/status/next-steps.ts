import { isUsable } from '../../database/registry.ts';
import { typed } from '../../report/conclusion.ts';
import type { Words } from '../../report/total.ts';
import { enumerated, verb } from '../../report/wording.ts';
import type { Due } from './due.ts';
import { isRetired, type Status, valuesUnder } from './keys.ts';
import { retireCommands, retireSteps } from './retire-steps.ts';
import { type OfRollout, stepsInList, stepsOfPair } from './rollout-steps.ts';
import type { Step } from './steps.ts';
import { allCalled } from './words.ts';

/** What to do next, in this order. */
export function nextSteps(step: Step, status: Status, due: readonly Due[], words: Words): string[] {
  const { target, keys, registry, unread } = status;
  const retired = keys.filter((key) => key.name !== null && key !== target && isRetired(key) && valuesUnder(key) === 0);
  const isDue = (kind: Due['kind']) => due.some((each) => each.kind === kind);
  const isQuiet = ['none', 'prepared', 'retire'].includes(step.kind);
  const needsRegistry = (isDue('target-too-old') || isDue('verification-too-old')) && !isUsable(registry);
  return [
    ...(unread.length > 0
      ? [
          `add ${enumerated(unread)} to prisma/schema.prisma with {keyId}, and the value beside ${verb(unread.length, 'it', 'them')} (docs/adapting.md), then look again: ${typed('status')}`,
        ]
      : []),
    ...stepsOf(step, status, words),
    ...(retired.length > 0
      ? [`take ${allCalled(retired)} out of the variables everywhere: ${verb(retired.length, 'it is', 'they are')} retired`]
      : []),
    ...(needsRegistry
      ? [registry === null ? 'set up the registry of keys: docs/zero-downtime.md' : 'fix the registry, as the warning says']
      : []),
    ...(isDue('verification-too-old') && !needsRegistry && step.kind !== 'sweep' ? [`verify: ${typed('verify')}`] : []),
    ...(isDue('target-too-old') && !needsRegistry && isQuiet
      ? [`make a key to move to, and follow docs/zero-downtime.md: ${typed('generate-key')}`]
      : []),
  ];
}

function stepsOf(step: Step, status: Status, words: Words): string[] {
  switch (step.kind) {
    case 'retired-key-in-use':
      return retiredInUse(step, status);
    case 'other-keys':
      return otherKeys(step, status, words);
    case 'register':
      return [`before a service writes with ${verb(step.keys.length, 'it', 'them')}: ${typed('register')}`];
    case 'empty':
      return [`if you expected ${words.noun}s, check the database in DATABASE_URL`];
    case 'retire':
      return retireSteps(step.keys);
    case 'none':
    case 'not-counted':
      return [];
    default:
      return rolloutSteps(step, status, words);
  }
}

function rolloutSteps(step: OfRollout, status: Status, words: Words): string[] {
  const { name } = status.target;
  return name === 'new' || name === 'old' ? stepsOfPair(step, status, words) : stepsInList(step, status);
}

function retiredInUse({ keys }: Extract<Step, { kind: 'retired-key-in-use' }>, { target }: Status): string[] {
  const unset = keys.filter(({ name }) => name === null);
  return [
    `stop what writes with ${allCalled(keys)}, such as a service that still has it`,
    ...(keys.includes(target) ? ['put a key that is not retired first, in every service and here'] : []),
    ...(unset.length > 0 ? [`put ${allCalled(unset)} behind the other keys, here alone`] : []),
    `move the values away: ${typed('rotate')}`,
    `see what let them through: ${retireCommands(keys)}`,
  ];
}

function otherKeys({ named, unset }: Extract<Step, { kind: 'other-keys' }>, { counts }: Status, { noun }: Words): string[] {
  const likely = named.length > 0 ? named : unset;
  const why = named.length > 0 ? 'rows name' : 'the registry has';
  const set = likely.length === 0 ? [] : [`set the keys as the services have them: ${why} ${allCalled(likely)}`];
  if (counts.kind === 'named') return [...set, `count by decrypting every ${noun}: ${typed('status')}`];
  if (set.length > 0) return [...set, `then look again: ${typed('status')}`];
  return [
    `see which ${noun}s these are, and find the key that decrypts them, such as that of an earlier rotation: ${typed('--dry-run')}`,
  ];
}
