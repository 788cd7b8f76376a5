import type { Registry } from '../../database/registry.ts';
import { type Conclusion, done, typed } from '../../report/conclusion.ts';
import { EXIT } from '../../report/exit-code.ts';
import type { NamedKey } from '../../report/report.ts';
import { stoppedBy } from '../../report/stopped-by.ts';
import { totalOf, type Words } from '../../report/total.ts';
import type { FieldCensus } from '../../rotation/result.ts';
import { dayOf, minuteAfter, said } from '../time-words.ts';
import type { RetireEnding, RetireStopped } from './ending.ts';
import { advice, problem } from './obstacle-words.ts';
import type { RetirePlan } from './plan.ts';

/** Says how it ended. */
export function conclude(
  ending: RetireEnding,
  plan: RetirePlan,
  keys: readonly NamedKey[],
  words: Words,
  registry: Registry | null,
  runAgain: string,
): Conclusion {
  const { fingerprint } = plan;
  switch (ending.kind) {
    case 'retired': {
      const since = registry?.entries.get(fingerprint)?.unused_since ?? ending.at;
      const unused = `no verification has found a value under it for ${said(ending.at.getTime() - since.getTime())}`;
      const escrow = plan.needsEscrow
        ? []
        : ['whether the key in use can be recovered if it is lost was not looked at (--no-escrow)'];
      const details = [unused, ...provenOf(ending.fields, keys, fingerprint, words), ...escrow];
      return done(`key ${fingerprint} is retired`, details, leftToDo(keys, fingerprint, ending.asOf));
    }
    case 'was-retired': {
      if (ending.obstacles.length === 0) {
        const details = provenOf(ending.fields, keys, fingerprint, words);
        return done(`key ${fingerprint} was retired on ${dayOf(ending.at)}`, details, leftToDo(keys, fingerprint, ending.asOf));
      }
      return {
        exitCode: EXIT.notYet,
        headline: `key ${fingerprint} was retired on ${dayOf(ending.at)}, but ${isBroken(ending) ? 'that does not hold' : 'it is not proven that this still holds'}`,
        details: ending.obstacles.flatMap((obstacle) => problem(obstacle, words)),
        nextSteps: ['keep the key', ...adviceFor(ending, plan, registry), runAgain],
      };
    }
    case 'not-yet':
      return {
        exitCode: EXIT.notYet,
        headline: `key ${fingerprint} cannot be retired yet`,
        details: ending.obstacles.flatMap((obstacle) => problem(obstacle, words)),
        nextSteps: ['keep the key', ...adviceFor(ending, plan, registry), runAgain],
      };
    case 'stopped':
      return { ...stoppedBy(ending.cause, runAgain), details: [afterStop(ending)] };
    default:
      return ending satisfies never;
  }
}

/** What is so of a key that is retired, and how far that goes. */
function provenOf(fields: readonly FieldCensus[], keys: readonly NamedKey[], fingerprint: string, words: Words): string[] {
  const others = keys.filter((key) => key.fingerprint !== fingerprint).length;
  const isGiven = others < keys.length;
  return [
    `no value is under it: ${others === 1 ? 'the other key' : 'the other keys'} decrypted ${words.count(totalOf(fields).values)}`,
    'PostgreSQL refuses every later write that names it, also from a service that was forgotten',
    'a service that has the key, and leaves the key id of a row as it was, is not refused: verify finds what it wrote',
    ...(isGiven
      ? []
      : ['only the tables in prisma/schema.prisma were read: to search the others, the key has to be set as well']),
  ];
}

/** Whether values are under the key, or PostgreSQL does not refuse others. */
function isBroken({ obstacles }: Extract<RetireEnding, { kind: 'was-retired' }>): boolean {
  return obstacles.some(({ kind }) => ['values', 'unregistered', 'gap'].includes(kind));
}

function afterStop({ retirement }: RetireStopped): string {
  switch (retirement) {
    case 'none':
      return 'the key is not retired by this run';
    case 'before':
      return 'the key was retired before, and this run did not come to show that this still holds: keep the key';
    case 'sent':
      return 'whether the key is retired is not known: the server did not answer the commit, and may still carry it out; keep the key';
    case 'made':
      return 'the key is retired, but until that is confirmed a crash of the server, or a standby that takes its place, may undo it: keep the key';
    case 'undone':
      return 'the key was retired, and is not any more: keep it';
    default:
      return retirement satisfies never;
  }
}

function adviceFor(
  { obstacles }: Extract<RetireEnding, { obstacles: unknown }>,
  plan: RetirePlan,
  registry: Registry | null,
): string[] {
  return [...new Set(obstacles.flatMap((obstacle) => advice(obstacle, plan, registry)))];
}

/** What no tool can do. */
function leftToDo(keys: readonly NamedKey[], fingerprint: string, at: Date): string[] {
  const given = keys.some((key) => key.fingerprint === fingerprint);
  return [
    `take it out of the variables of every service${given ? ', and of this command' : ''}, and see what is left to do: ${typed('status')}`,
    'disable it where it is kept: in the secret store, or in the KMS if it wraps no other key',
    `destroy it when no backup of the database from before ${minuteAfter(at)} is left: restoring one may need it`,
  ];
}
