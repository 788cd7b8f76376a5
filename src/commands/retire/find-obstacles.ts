import type { EncryptionKey } from '../../crypto/encryption-key.ts';
import { explain } from '../../database/explain.ts';
import { findFenceGaps } from '../../database/fence-gaps.ts';
import { isUsable, type Registry, readRegistry } from '../../database/registry.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import { findUnreadColumns } from '../../database/unread-columns.ts';
import { registryProblem } from '../key-registry.ts';
import { findUnregistered, notSearchedLine } from '../unregistered.ts';
import { type Obstacle, registryObstacles } from './obstacle.ts';
import type { Retirement } from './plan.ts';

/** The search needs the key itself; without it, the other keys have to decrypt every value. */
export async function unregisteredUnder(key: EncryptionKey | undefined, retirement: Retirement): Promise<Obstacle[]> {
  if (key === undefined) return [];
  const { settings, opened, host, options, output } = retirement;
  const ring = { target: key, sources: [] };
  const { values, notSearched } = await findUnregistered(opened.pool, settings, ring, host.encryptedFields, [], options.signal);
  const line = notSearchedLine(notSearched);
  if (line !== null) output.warn(line);
  return values.length > 0 ? [{ kind: 'unregistered', values }] : [];
}

/** @param registry - one that cannot be used, or none */
export function noRegistry(registry: Registry | null, settings: DatabaseSettings): Obstacle {
  return { kind: 'no-registry', problem: registry === null ? null : registryProblem(registry, settings) };
}

/** What the registry and the constraints say now. @throws DatabaseError */
export async function obstaclesNow(retirement: Retirement): Promise<Obstacle[]> {
  const { plan, keys, settings, opened } = retirement;
  const registry = await readRegistry(opened.pool, settings);
  if (!isUsable(registry)) return [noRegistry(registry, settings)];
  return [
    ...(await fenceObstacles(registry, retirement)),
    ...registryObstacles(registry, plan, keys.ring.target.fingerprint, settings),
  ];
}

/** What the constraints of the tables say. @throws DatabaseError */
export async function fenceObstacles(registry: Registry, { settings, opened }: Retirement): Promise<Obstacle[]> {
  const { pool, fields } = opened;
  const gaps = await findFenceGaps(pool, registry, fields).catch((error: unknown) => {
    throw explain(error, settings);
  });
  // Where a field lacks the mark of its key id, that says it all.
  const isUnmarked = gaps.some(({ kind }) => kind === 'no-key-id');
  const columns = isUnmarked ? [] : await findUnreadColumns(pool, registry, fields, settings);
  return [
    ...gaps.map((gap) => ({ kind: 'gap' as const, gap })),
    ...(columns.length > 0 ? [{ kind: 'not-read' as const, columns }] : []),
  ];
}
