import type { RotateEnding } from '../../rotation/result.ts';
import type { UnregisteredValue } from '../unregistered.ts';

/** How the command ends: as a rotation does, or before it, since something was forgotten. */
export type Ending = RotateEnding | { readonly kind: 'unregistered'; readonly values: readonly UnregisteredValue[] };
