import { waitForDisk } from '../../database/barrier.ts';
import { DatabaseError } from '../../database/database-error.ts';
import { type Fenced, withFence } from '../../database/fence.ts';
import { isUsable, readRegistry } from '../../database/registry.ts';
import type { Result, VerifyEnding } from '../../rotation/result.ts';
import { unlessAborted } from '../../rotation/unless-aborted.ts';
import { verify } from '../../rotation/verify.ts';
import { refuse } from '../../text/problem.ts';
import { findingOf } from '../finding.ts';
import { recordOnly, registryProblem } from '../key-registry.ts';
import type { RetireEnding, RetireStopped } from './ending.ts';
import { fenceObstacles, noRegistry, obstaclesNow, unregisteredUnder } from './find-obstacles.ts';
import { type Obstacle, registryObstacles, surveyObstacles } from './obstacle.ts';
import type { Retirement } from './plan.ts';

/**
 * Retires a key, or says what is in the way of that.
 *
 * @throws UsageError if nobody knows the key; DatabaseError
 */
export async function retire(retirement: Retirement): Promise<Result<RetireEnding>> {
  const { plan, keys, settings, opened, options, author, output } = retirement;
  const { fingerprint } = plan;
  const { ring } = keys;
  const { pool, registry } = opened;
  const recorder = recordOnly(opened, settings, author, output);
  const usable = isUsable(registry) ? registry : null;
  const entry = usable?.entries.get(fingerprint);
  const key = ring.sources.find((source) => source.fingerprint === fingerprint);
  if (usable !== null && entry === undefined && key === undefined) {
    refuse(`${usable.label} has no key ${fingerprint}`, 'status lists the fingerprints of all keys');
  }
  const retiredAt = entry?.retired_at ?? null;
  const obstacles = [
    ...(await unregisteredUnder(key, retirement)),
    ...(usable === null ? [noRegistry(registry, settings)] : await fenceObstacles(usable, retirement)),
    ...(usable === null || retiredAt !== null ? [] : registryObstacles(usable, plan, ring.target.fingerprint, settings)),
  ];
  const surveys: Result<VerifyEnding>[] = [];
  const isUnused = async (giveWay: AbortSignal) => {
    const signal = AbortSignal.any([options.signal, giveWay]);
    const survey = await verify({ ...options, signal, ring });
    surveys.push(survey);
    if (survey.ending.kind === 'stopped') return false;
    // Until the fence stood, others could still change what was read of the registry and of the constraints.
    // To read the registry may mean to wait behind a migration, which itself waits for the fence.
    obstacles.push(...(await unlessAborted(signal, () => obstaclesNow(retirement))));
    return obstacles.length === 0 && surveyObstacles(survey.ending.fields, fingerprint, key !== undefined).length === 0;
  };
  const mayFence = usable !== null && retiredAt === null && obstacles.length === 0;
  const fenced: Fenced | null = mayFence ? await withFence(pool, usable, settings, fingerprint, author, isUnused) : null;
  if (fenced?.kind === 'still-named') obstacles.push({ kind: 'named', table: fenced.table });
  if (fenced?.kind === 'locked') obstacles.push({ kind: 'locked' });
  const state = stateAfter(fenced, retiredAt !== null);
  // Without a fence, or if it could not be set, nothing has been surveyed yet.
  const { ending, phases } = surveys[0] ?? (await verify({ ...options, ring }));
  const stopped = (cause: unknown, retirement: RetireStopped['retirement']): Result<RetireEnding> => ({
    ending: { kind: 'stopped', phase: null, cause, reached: null, retirement },
    phases,
  });
  if (fenced?.kind === 'unanswered') return stopped(fenced.cause, state);
  if (ending.kind === 'stopped') return { ending: { ...ending, retirement: state }, phases };
  const { fields } = ending;
  const surveyed = surveyObstacles(fields, fingerprint, key !== undefined);
  if (state === 'none') {
    await recorder.record(findingOf(ring, fields));
    return { ending: { kind: 'not-yet', obstacles: [...surveyed, ...obstacles], fields }, phases };
  }
  try {
    const now = await unlessAborted(options.signal, () => confirm(retirement));
    if (now === null) return stopped(undone(fingerprint), 'undone');
    const { gaps, ...times } = now;
    await recorder.record(findingOf(ring, fields));
    if (state === 'made' && gaps.length === 0) return { ending: { kind: 'retired', ...times, fields }, phases };
    const unregistered = obstacles.filter(({ kind }) => kind === 'unregistered');
    return { ending: { kind: 'was-retired', ...times, obstacles: [...surveyed, ...unregistered, ...gaps], fields }, phases };
  } catch (cause) {
    return stopped(cause, state);
  }
}

/** @param wasRetired - whether the registry said so before */
function stateAfter(fenced: Fenced | null, wasRetired: boolean): Exclude<RetireStopped['retirement'], 'undone'> {
  if (fenced?.kind === 'closed') return 'made';
  if (fenced?.kind === 'unanswered') return 'sent';
  return wasRetired || fenced?.kind === 'was-closed' ? 'before' : 'none';
}

/**
 * Waits until the retirement is on the disk, and on the standbys that commits wait for. Its own commit proves that only if its answer
 * arrived, and if nobody cancelled its waiting. Then looks at the registry once more: another server may be answering by now.
 *
 * @returns when the key was retired, the time of the server, and what is wrong with the fence now; null if the key is not retired
 * @throws DatabaseError, also if the registry cannot be used any more
 */
async function confirm(
  retirement: Retirement,
): Promise<{ readonly at: Date; readonly asOf: Date; readonly gaps: readonly Obstacle[] } | null> {
  const { plan, settings, opened } = retirement;
  await waitForDisk(opened.pool, settings);
  const registry = await readRegistry(opened.pool, settings);
  if (!isUsable(registry)) {
    const problem = registry === null ? null : registryProblem(registry, settings);
    throw new DatabaseError(problem?.message ?? 'the registry of keys is not there any more', problem?.hint ?? null);
  }
  const at = registry.entries.get(plan.fingerprint)?.retired_at ?? null;
  return at === null ? null : { at, asOf: registry.readAt, gaps: await fenceObstacles(registry, retirement) };
}

function undone(fingerprint: string): DatabaseError {
  return new DatabaseError(
    `the registry does not say any more that key ${fingerprint} is retired`,
    'see whether somebody took it back, or a failover put a server in the place of this one that does not have the retirement',
  );
}
