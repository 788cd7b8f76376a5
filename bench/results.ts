import type { Circumstances } from './machine.ts';
import type { Score } from './side-by-side.ts';
import type { StartUp } from './start-up.ts';

/** All that was measured, as results.json holds it. */
export interface Results {
  readonly circumstances: Circumstances;
  readonly rounds: number;
  readonly sideBySide: readonly Score[];
  readonly growth: readonly Score[];
  readonly startUp: StartUp;
}
