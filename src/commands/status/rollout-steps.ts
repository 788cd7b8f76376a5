import { isUsable } from '../../database/registry.ts';
import { typed } from '../../report/conclusion.ts';
import type { Words } from '../../report/total.ts';
import { verb } from '../../report/wording.ts';
import { unbroken } from '../../text/wrap.ts';
import type { Status } from './keys.ts';
import { leftOver, retireCommands, retireSteps } from './retire-steps.ts';
import type { Step } from './steps.ts';
import { allCalled, called } from './words.ts';

/** The steps in which the services get other keys. */
export type OfRollout = Extract<Step, { kind: 'introduced' | 'behind' | 'sweep' | 'swept' | 'prepared' | 'target-retired' }>;

/** With ENCRYPTION_KEYS, as docs/zero-downtime.md has it. */
export function stepsInList(step: OfRollout, status: Status): string[] {
  const first = called(status.target);
  switch (step.kind) {
    case 'prepared': {
      const number = step.keys.length;
      return [
        `to move to ${allCalled(step.keys)}: put ${verb(number, 'it', 'one of them')} behind ${first} in ENCRYPTION_KEYS, in every service and here ${inDocument(2)}`,
        `if ${verb(number, 'it is', 'they are')} not needed: ${retireCommands(step.keys)}`,
      ];
    }
    case 'introduced': {
      const number = step.others.length;
      const retire = isUsable(status.registry) ? `, then ${retireCommands(step.others)}` : '';
      return [
        `to move to ${allCalled(step.others)}: once every service has these keys ${inDocument(2)}, put ${verb(number, 'it', 'one of them')} first in ENCRYPTION_KEYS, in every service and here ${inDocument(3)}`,
        `if ${verb(number, 'it is', 'they are')} not needed any more: take ${verb(number, 'it', 'them')} out of ENCRYPTION_KEYS, in every service and here${retire}`,
      ];
    }
    case 'behind':
      return [
        `to move on to ${called(step.newer)}: put it first in ENCRYPTION_KEYS, in every service and here ${inDocument(3)}`,
        `to go back to ${first}: put that first in every service, then sweep: ${typed('rotate')}`,
      ];
    case 'sweep':
      return [
        `once every service has ENCRYPTION_KEYS in this order ${inDocument(3)}, sweep ${inDocument(4)}: ${typed('rotate')}`,
      ];
    case 'swept':
      return [
        `take ${allCalled(step.sources)} out of ENCRYPTION_KEYS, in every service and here ${inDocument(5)}`,
        ...retireSteps([...step.sources, ...leftOver(status)]),
      ];
    case 'target-retired':
      return [`put another key first in ENCRYPTION_KEYS, in every service and here: nothing can be encrypted under ${first}`];
    default:
      return step satisfies never;
  }
}

/** With OLD_ENCRYPTION_KEY and NEW_ENCRYPTION_KEY the services are stopped for a rotation, as docs/runbook.md has it. */
export function stepsOfPair(step: OfRollout, status: Status, { place }: Words): string[] {
  const first = called(status.target);
  switch (step.kind) {
    case 'prepared':
      return [
        `to move to ${allCalled(step.keys)}: docs/zero-downtime.md ${inDocument(2)}, or docs/runbook.md`,
        `if ${verb(step.keys.length, 'it is', 'they are')} not needed: ${retireCommands(step.keys)}`,
      ];
    case 'introduced':
    case 'swept': {
      const others = step.kind === 'swept' ? step.sources : step.others;
      const swapped =
        'if nothing was ever rotated, the keys are swapped: NEW_ENCRYPTION_KEY holds the key that the services use now';
      return [
        ...(step.kind === 'introduced' ? [swapped] : []),
        `set ${first} alone in every service that reads ${place}, and restart them`,
        ...(isUsable(status.registry) ? retireSteps([...others, ...leftOver(status)]) : []),
      ];
    }
    case 'behind':
      return [
        'the dates of the keys suggest that OLD_ENCRYPTION_KEY and NEW_ENCRYPTION_KEY are swapped: if they are, set them right',
        `otherwise stop the services that write to ${place}, then: ${typed('rotate')}`,
      ];
    case 'sweep':
      return [`stop the services that write to ${place} (docs/runbook.md), then: ${typed('rotate')}`];
    case 'target-retired':
      return ['set NEW_ENCRYPTION_KEY to another key, in every service and here: nothing can be encrypted under this one'];
    default:
      return step satisfies never;
  }
}

/** @param step - as docs/zero-downtime.md numbers it */
function inDocument(step: number): string {
  return unbroken(`(step ${step})`);
}
