import { FieldRotation, type FieldRotationOptions } from './field-rotation.ts';
import type { Doubt, Durability, FieldCensus, Result, RotateEnding } from './result.ts';
import { RowFailed } from './row-failed.ts';
import { Run, type RunOptions } from './run.ts';
import { WriteInDoubt } from './write-swaps.ts';

export interface RotateOptions extends RunOptions, FieldRotationOptions {
  readonly dryRun: boolean;
  /** Awaited once, with what the preflight found, before anything is written. */
  readonly beforeFirstWrite: (found: readonly FieldCensus[]) => Promise<void>;
}

/**
 * How many rounds of rotation and verification there are before the run gives up on rows that are still under a source key. As long as
 * each leaves fewer than the one before, there are more: an application that is given the target key meanwhile writes fewer and fewer.
 */
const ROUNDS = 3;

/**
 * Preflight of every field, rotation of every field, verification of every field.
 *
 * @returns what is known at the end, however the run ended. Never rejects.
 */
export async function rotate(options: RotateOptions): Promise<Result<RotateEnding>> {
  const run = new Run(options);
  const rotations: FieldRotation[] = [];
  const ending = await rotateAll(rotations, run, options).catch(async (error: unknown): Promise<RotateEnding> => {
    const onDisk: Durability = rotations.some(({ hasUnconfirmed }) => hasUnconfirmed) ? await run.tryDisk() : 'confirmed';
    const unfinished = { reached: rotations.map((rotation) => rotation.reached()), onDisk };
    if (error instanceof RowFailed || error instanceof WriteInDoubt)
      return { ...error.failure, field: error.field, ...error.besides, ...unfinished };
    return { kind: 'stopped', phase: run.phase, cause: error, ...unfinished };
  });
  await run.end();
  return { ending, phases: run.phases };
}

/** @param rotations - is filled with the fields whose preflight has come to its end */
async function rotateAll(rotations: FieldRotation[], run: Run, options: RotateOptions): Promise<RotateEnding> {
  const { fields, ring, dryRun } = options;
  for (const field of fields) rotations.push(new FieldRotation(field, await run.survey('preflight', field, ring), run, options));
  const found = rotations.map(({ name, before }) => ({ field: name, census: before }));
  // Skipped are those of a run; a dry run tells of them.
  const unreadable = rotations.some((rotation) => rotation.before.unreadable > 0 && (dryRun || !rotation.skips));
  if (unreadable) return { kind: 'unreadable-rows', fields: found };
  if (rotations.some(({ isDue }) => isDue)) {
    if (dryRun) return { kind: 'rehearsed', fields: found };
    await options.beforeFirstWrite(found);
    return rotateAndVerify(rotations, run);
  }
  if (!dryRun) await run.waitForDisk();
  const compared = rotations.map((rotation) => rotation.compared());
  const doubt = dryRun ? null : firstDoubt(rotations, false);
  if (doubt !== null) return { kind: 'not-verified', ...doubt, fields: compared };
  const readable = rotations.every(({ before }) => before.unreadable === 0);
  return readable ? { kind: 'nothing-to-do', fields: found } : { kind: 'rotated-except-unreadable', fields: compared };
}

async function rotateAndVerify(rotations: readonly FieldRotation[], run: Run): Promise<RotateEnding> {
  for (let round = 1; ; round += 1) {
    const leftBefore = leftIn(rotations);
    for (const rotation of rotations) await rotation.pass(round);
    await run.waitForDisk();
    for (const rotation of rotations) rotation.confirm();
    // All of them after the last write to any: a trigger may write to another field.
    for (const rotation of rotations) await rotation.verify(round);
    await run.waitForDisk();
    const fields = rotations.map((rotation) => rotation.compared());
    const left = leftIn(rotations);
    const doubt = firstDoubt(rotations, round >= ROUNDS && left >= leftBefore);
    if (doubt !== null) return { kind: 'not-verified', ...doubt, fields };
    if (left > 0) continue;
    const readable = fields.every(({ after }) => after.unreadable === 0);
    return { kind: readable ? 'rotated' : 'rotated-except-unreadable', fields };
  }
}

/** Rows of all fields under a source key, as of their last surveys. */
function leftIn(rotations: readonly FieldRotation[]): number {
  return rotations.reduce((sum, { left }) => sum + left, 0);
}

function firstDoubt(
  rotations: readonly FieldRotation[],
  isLastRound: boolean,
): { readonly field: string; readonly doubt: Doubt } | null {
  for (const rotation of rotations) {
    const doubt = rotation.doubt(isLastRound);
    if (doubt !== null) return { field: rotation.name, doubt };
  }
  return null;
}
