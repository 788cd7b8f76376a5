import { refuse } from '../text/problem.ts';
import type { KeyRequest } from './key-source.ts';

/**
 * @returns the names in the path of the engine that the reference names, which vault secrets list shows with a slash at the end; null if
 * it names none
 * @throws UsageError
 */
export function engineOf({ reference, label }: KeyRequest): readonly string[] | null {
  const engine = reference.parameters.get('engine');
  if (engine === undefined) return null;
  const names = engine.split('/').filter((name) => name !== '');
  if (names.length === 0 || names.some((name) => ['.', '..'].includes(name)))
    refuse(`${label} names no engine after engine=`, 'vault secrets list shows the paths of the engines');
  return names;
}
