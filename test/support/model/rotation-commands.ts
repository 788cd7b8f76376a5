// The runs of the tool as steps of the model. An undisturbed run is foretold wholly: its ending, its counts and the table afterwards.
import assert from 'node:assert/strict';
import process from 'node:process';
import fc, { type AsyncCommand } from 'fast-check';
import { importEncryptionKey } from '../../../src/crypto/encryption-key.ts';
import { atOnce } from '../../../src/rotation/pace.ts';
import type { RotateEnding } from '../../../src/rotation/result.ts';
import { rotate } from '../../../src/rotation/rotate.ts';
import type { Observer } from '../../../src/rotation/run.ts';
import type { Store } from '../../../src/rotation/store.ts';
import { verify } from '../../../src/rotation/verify.ts';
import { layout } from '../table/default-field.ts';
import {
  begin,
  type Change,
  ChangeCommand,
  change,
  countDamaged,
  countUnder,
  expectTable,
  hex,
  learnKeys,
  type Model,
  moveFirst,
  type World,
} from './rotation-model.ts';
import { type KeyName, told } from './told.ts';

interface Options {
  readonly target: KeyName;
  readonly batchRows: number;
  readonly skipUnreadable: boolean;
  readonly dryRun: boolean;
  /** Whether another transaction is in the way of every batch. */
  readonly blocked: boolean;
}

/** What comes in between at the n-th moment of a run: each call of the store has one moment before it and one after. */
type Disturbance =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'abort'; readonly moment: number }
  | { readonly kind: 'error'; readonly moment: number }
  | { readonly kind: 'change'; readonly moment: number; readonly change: Change };

const REASON = new Error('stopped by the model');
const keys = { old: importEncryptionKey(hex.old), new: importEncryptionKey(hex.new) };
const fingerprints = { old: keys.old.fingerprint, new: keys.new.fingerprint };
const ignore = () => {};
const observer: Observer = {
  onPhase: ignore,
  onProgress: ignore,
  onPhaseEnd: ignore,
  onCensus: ignore,
  onRow: ignore,
  onUnreadable: ignore,
};

const moment = fc.integer({ min: 1, max: 50 });
const options: fc.Arbitrary<Options> = fc.record({
  target: fc.constantFrom<KeyName>('new', 'new', 'old'),
  batchRows: fc.constantFrom(1, 2, 7),
  skipUnreadable: fc.boolean(),
  dryRun: fc.constantFrom(false, false, false, true),
  blocked: fc.constantFrom(false, false, true),
});
const disturbance: fc.Arbitrary<Disturbance> = fc.oneof(
  fc.constant({ kind: 'nothing' as const }),
  fc.record({ kind: fc.constant('abort' as const), moment }),
  fc.record({ kind: fc.constant('error' as const), moment }),
  fc.record({ kind: fc.constant('change' as const), moment, change }),
);

function foretell(table: Model, { target, skipUnreadable, dryRun }: Options): RotateEnding['kind'] {
  const unreadable = countDamaged(table) > 0;
  const toMove = countUnder(table, target === 'new' ? 'old' : 'new');
  if (unreadable && (dryRun || !skipUnreadable)) return 'unreadable-rows';
  if (toMove > 0 && dryRun) return 'rehearsed';
  if (unreadable) return 'rotated-except-unreadable';
  return toMove > 0 ? 'rotated' : 'nothing-to-do';
}

class RotateCommand implements AsyncCommand<Model, World> {
  readonly #options: Options;
  readonly #disturbance: Disturbance;
  constructor(how: Options, what: Disturbance) {
    this.#options = how;
    this.#disturbance = what;
  }

  check(): boolean {
    return true;
  }

  async run(table: Model, world: World): Promise<void> {
    const how = this.#options;
    const kind = foretell(table, how);
    const counts = { rows: table.size, under: underKeys(table), unreadable: countDamaged(table) };
    const toMove = table.size - counts.unreadable - counts.under[how.target];
    const abort = new AbortController();
    let happened = false;
    const store = withMoments(world.store, how.blocked, async (nth) => {
      const what = this.#disturbance;
      if (what.kind === 'nothing' || nth !== what.moment) return;
      happened = true;
      if (what.kind === 'abort') abort.abort(REASON);
      if (what.kind === 'error') throw REASON;
      if (what.kind === 'change') await what.change.apply(table, world);
    });
    const ring = { target: keys[how.target], sources: [keys[how.target === 'new' ? 'old' : 'new']] };
    const run = {
      ...how,
      fields: [{ name: 'UserApiKey', store, layout }],
      ring,
      connections: 1,
      beforeFirstWrite: async () => {},
      pace: atOnce,
      beforeWrite: async () => {},
      signal: abort.signal,
      observer,
    };
    const result = told(await rotate(run), fingerprints);

    if (happened && this.#disturbance.kind === 'change') {
      await learnKeys(world, table);
      await expectTable(world, table);
      if (result.ending.kind === 'rotated') expectMoved(table, how.target, this.#disturbance.change.id);
      return;
    }
    moveFirst(table, how.target, result.tally.rotated);
    await expectTable(world, table);
    if (happened) {
      assert.ok('cause' in result.ending && result.ending.cause === REASON, `stopped, but ended: ${result.ending.kind}`);
      return;
    }
    assert.equal(result.ending.kind, kind);
    const { before } = result;
    assert.deepEqual({ rows: before?.rows, under: before?.under, unreadable: before?.unreadable }, counts);
    assert.equal(result.tally.rotated, ['rotated', 'rotated-except-unreadable'].includes(kind) ? toMove : 0);
    if (result.after === null) return;
    assert.deepEqual(result.after.under, underKeys(table));
    assert.equal(result.after.digest, before?.digest);
  }

  toString(): string {
    const what = this.#disturbance;
    const between = what.kind === 'change' ? what.change.title : what.kind;
    const at = what.kind === 'nothing' ? '' : `, at moment ${what.moment}: ${between}`;
    return `rotate(${JSON.stringify(this.#options)}${at})`;
  }
}

class VerifyCommand implements AsyncCommand<Model, World> {
  check(): boolean {
    return true;
  }

  async run(table: Model, world: World): Promise<void> {
    const fields = [{ name: 'UserApiKey', store: world.store, layout }];
    const run = { fields, ring: { target: keys.new, sources: [] }, signal: new AbortController().signal, observer };
    const { ending, after } = told(await verify(run), fingerprints);
    const opened = countUnder(table, 'new');
    assert.equal(ending.kind, opened === table.size ? 'verified' : 'not-verified');
    assert.deepEqual([after?.rows, after?.under.new, after?.unreadable], [table.size, opened, table.size - opened]);
    await expectTable(world, table);
  }

  toString(): string {
    return 'verify';
  }
}

function underKeys(table: Model): Record<KeyName, number> {
  return { old: countUnder(table, 'old'), new: countUnder(table, 'new') };
}

function expectMoved(table: Model, target: KeyName, except: string): void {
  for (const [id, row] of table) {
    if (id !== except && row.kind === 'readable') assert.equal(row.under, target, `${id} was not rotated`);
  }
}

/** The same store, with a moment before and one after each call. */
function withMoments(store: Store, blocked: boolean, onMoment: (nth: number) => Promise<void>): Store {
  let moments = 0;
  async function around<T>(call: () => Promise<T>): Promise<T> {
    moments += 1;
    await onMoment(moments);
    const answer = await call();
    moments += 1;
    await onMoment(moments);
    return answer;
  }
  return {
    scan: (signal, work) => around(() => store.scan(signal, work)),
    readPage: (after, limit) => around(() => store.readPage(after, limit)),
    readRows: (ids) => around(() => store.readRows(ids)),
    swap: (swaps) => around(async () => (blocked && swaps.length > 1 ? 'blocked' : store.swap(swaps))),
    waitForDisk: () => around(() => store.waitForDisk()),
  };
}

/** Any step: of the tool, of the application, or an accident. */
const commands: fc.Arbitrary<AsyncCommand<Model, World>>[] = [
  fc.tuple(options, disturbance).map(([how, what]) => new RotateCommand(how, what)),
  change.map((change) => new ChangeCommand(change)),
  change.map((change) => new ChangeCommand(change)),
  fc.constant(new VerifyCommand()),
];

/**
 * Takes random sequences of up to 30 steps, and compares the table with the model after each. MODEL_RUNS sets their number;
 * MODEL_SEED repeats a failure with the seed that it printed.
 *
 * @param emptyWorld - gives an empty table for each sequence
 */
export async function expectModelHolds(emptyWorld: () => World | Promise<World>, sequences: number): Promise<void> {
  const { MODEL_RUNS: runs, MODEL_SEED: seed } = process.env;
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 30, size: 'max' }), (steps) =>
      fc.asyncModelRun(async () => begin(await emptyWorld()), steps),
    ),
    { numRuns: Number(runs ?? sequences), ...(seed !== undefined && { seed: Number(seed) }) },
  );
}
