// What the table must hold, and the steps that change it. Knows nothing of how the tool works: only its promises.
import assert from 'node:assert/strict';
import fc, { type AsyncCommand } from 'fast-check';
import type { Store } from '../../../src/rotation/store.ts';
import { decrypt, encrypt, newKey } from '../application/application.ts';
import type { StoredRow } from './memory-store.ts';
import type { KeyName } from './told.ts';

/** A table, as the test and as the tool reach it: in memory, or a real one. */
export interface World {
  /** For the tool. */
  readonly store: Store;
  /** For the test, which plays the application: every row there is, in any order. */
  readRows(): Promise<readonly StoredRow[]>;
  /** Inserts the row, or replaces it. */
  write(row: StoredRow): Promise<void>;
  delete(id: string): Promise<void>;
}

/** The keys of one sequence of steps. The ids are uuids, so that they fit a real table. */
export const hex: Readonly<Record<KeyName, string>> = { old: newKey(), new: newKey() };
const IDS = Array.from({ length: 9 }, (_, index) => `00000000-0000-4000-8000-00000000000${index}`);

interface Readable {
  readonly kind: 'readable';
  /** In hex. */
  readonly plaintext: string;
  readonly under: KeyName;
}
type ModelRow = Readable | { readonly kind: 'damaged'; readonly row: StoredRow; readonly before: Readable };

/** What the table must hold, by id. */
export type Model = Map<string, ModelRow>;

/** Fills an empty table for a sequence of steps to begin with. */
export async function begin(real: World): Promise<{ readonly model: Model; readonly real: World }> {
  const model: Model = new Map();
  for (const [index, id] of IDS.slice(1, -1).entries()) {
    await writeChange({ id, under: 'old', plaintext: Buffer.from(`plaintext ${index}`), ivBytes: 16 }).apply(model, real);
  }
  return { model, real };
}

/** A step of the application, or of an accident. Each says what it did in its title, which fast-check prints. */
export interface Change {
  readonly title: string;
  readonly id: string;
  apply(model: Model, world: World): Promise<void>;
}

const id = fc.constantFrom(...IDS);
const keyName = fc.constantFrom<KeyName>('old', 'new');

interface Write {
  readonly id: string;
  readonly under: KeyName;
  readonly plaintext: Uint8Array;
  readonly ivBytes: number;
}

const write: fc.Arbitrary<Write> = fc.record({
  id,
  under: keyName,
  plaintext: fc.uint8Array({ maxLength: 40 }),
  ivBytes: fc.constantFrom(12, 16),
});

const DAMAGES: Readonly<Record<string, (row: StoredRow) => StoredRow>> = {
  'flips a bit of the content': (row) => ({ ...row, content: flipBit(row.content === '' ? '00' : row.content) }),
  'flips a bit of the iv': (row) => ({ ...row, iv: flipBit(row.iv) }),
  'flips a bit of the tag': (row) => ({ ...row, tag: flipBit(row.tag) }),
  'cuts the tag': (row) => ({ ...row, tag: row.tag?.slice(0, 24) ?? null }),
  'empties the iv': (row) => ({ ...row, iv: '' }),
  'writes no hex': (row) => ({ ...row, content: 'not hex' }),
};

function flipBit(text: string | null): string {
  const bytes = Buffer.from(text ?? '', 'hex');
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
  return bytes.toString('hex');
}

/** Any step of the application. */
export const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: write.map(writeChange) },
  { weight: 1, arbitrary: id.map(deleteChange) },
  { weight: 1, arbitrary: fc.tuple(id, fc.constantFrom(...Object.entries(DAMAGES))).map(damageChange) },
  { weight: 2, arbitrary: id.map(repairChange) },
);

function writeChange({ id, under, plaintext, ivBytes }: Write): Change {
  return {
    id,
    title: `writes ${plaintext.length} bytes under the ${under} key, iv of ${ivBytes}, to ${id}`,
    async apply(model, world) {
      await world.write({ id, ...encrypt(hex[under], Buffer.from(plaintext), ivBytes) });
      model.set(id, { kind: 'readable', plaintext: Buffer.from(plaintext).toString('hex'), under });
    },
  };
}

function deleteChange(id: string): Change {
  return {
    id,
    title: `deletes ${id}`,
    async apply(model, world) {
      await world.delete(id);
      model.delete(id);
    },
  };
}

function damageChange([id, [how, damage]]: [string, [string, (row: StoredRow) => StoredRow]]): Change {
  return {
    id,
    title: `${how} of ${id}`,
    async apply(model, world) {
      const before = model.get(id);
      const row = (await world.readRows()).find((stored) => stored.id === id);
      if (before?.kind !== 'readable' || row === undefined) return;
      // The tool may be moving the row at this moment: what counts is the key that the value is under which is damaged.
      const under = keyOf(row) ?? before.under;
      const damaged = damage(row);
      await world.write(damaged);
      model.set(id, { kind: 'damaged', row: damaged, before: { ...before, under } });
    },
  };
}

function repairChange(id: string): Change {
  return {
    id,
    title: `repairs ${id}`,
    async apply(model, world) {
      const damaged = model.get(id);
      if (damaged?.kind !== 'damaged') return;
      const { plaintext, under } = damaged.before;
      await world.write({ id, ...encrypt(hex[under], Buffer.from(plaintext, 'hex')) });
      model.set(id, damaged.before);
    },
  };
}

/** @returns the one key that decrypts the row as the application does; null for none; fails if both do */
function keyOf({ iv, content, tag }: StoredRow): KeyName | null {
  if (iv === null || content === null || tag === null) return null;
  const opening = (['old', 'new'] as const).filter((name) => decrypt(hex[name], { iv, content, tag }) !== null);
  assert.ok(opening.length <= 1, 'a row opens under both keys');
  return opening[0] ?? null;
}

/** Every row holds exactly what the model says, under the key that it says; a damaged one is as the damage left it. */
export async function expectTable(world: World, model: Model): Promise<void> {
  assert.deepEqual(await shownTable(world, model), shown(model));
}

/** @returns how many rows the model has under a key; damaged ones are under none */
export function countUnder(model: Model, name: KeyName): number {
  return [...model.values()].filter((row) => row.kind === 'readable' && row.under === name).length;
}

export function countDamaged(model: Model): number {
  return [...model.values()].filter(({ kind }) => kind === 'damaged').length;
}

/** The tool has moved the first `count` rows, in the order of their ids, that were under another key. */
export function moveFirst(model: Model, target: KeyName, count: number): void {
  let left = count;
  for (const [id, row] of [...model].sort()) {
    if (left === 0) return;
    if (row.kind !== 'readable' || row.under === target) continue;
    model.set(id, { ...row, under: target });
    left -= 1;
  }
  assert.equal(left, 0, 'the tool counts more rows as rotated than there were to rotate');
}

/** Takes from the table under which key each row is, if that cannot be predicted. Its plaintext is never taken from there. */
export async function learnKeys(world: World, model: Model): Promise<void> {
  for (const row of await world.readRows()) {
    const known = model.get(row.id);
    const under = keyOf(row);
    if (known?.kind === 'readable' && under !== null) model.set(row.id, { ...known, under });
  }
}

type Shown = Record<string, string>;

function shown(model: Model): Shown {
  return Object.fromEntries(
    [...model].map(([id, row]) => [id, row.kind === 'damaged' ? showDamaged(row.row) : `${row.under}: ${row.plaintext}`]),
  );
}

async function shownTable(world: World, model: Model): Promise<Shown> {
  const rows = await world.readRows();
  return Object.fromEntries(
    rows.map((row) => [row.id, model.get(row.id)?.kind === 'damaged' ? showDamaged(row) : showOpened(row)]),
  );
}

function showDamaged({ iv, content, tag }: StoredRow): string {
  return `damaged: ${iv} ${content} ${tag}`;
}

function showOpened(row: StoredRow): string {
  const under = keyOf(row);
  const { iv, content, tag } = row;
  if (under === null || iv === null || content === null || tag === null) return 'opens under neither key';
  return `${under}: ${decrypt(hex[under], { iv, content, tag })?.toString('hex')}`;
}

/** A step of the application as a command of its own. */
export class ChangeCommand implements AsyncCommand<Model, World> {
  readonly #change: Change;
  constructor(change: Change) {
    this.#change = change;
  }
  check(): boolean {
    return true;
  }
  async run(model: Model, world: World): Promise<void> {
    await this.#change.apply(model, world);
    await expectTable(world, model);
  }
  toString(): string {
    return `the application ${this.#change.title}`;
  }
}
