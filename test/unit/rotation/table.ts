import { importEncryptionKey } from '../../../src/crypto/encryption-key.ts';
import type { KeyRing } from '../../../src/crypto/key-ring.ts';
import { atOnce } from '../../../src/rotation/pace.ts';
import { readPages } from '../../../src/rotation/pages.ts';
import { createDigestKey } from '../../../src/rotation/plaintext-digest.ts';
import type { Tally } from '../../../src/rotation/result.ts';
import { type RotateOptions, rotate } from '../../../src/rotation/rotate.ts';
import { type RotatePassOptions, rotatePass } from '../../../src/rotation/rotate-pass.ts';
import type { Observer } from '../../../src/rotation/run.ts';
import type { Field, Store } from '../../../src/rotation/store.ts';
import { RunningTally } from '../../../src/rotation/tally.ts';
import { createValueWork } from '../../../src/rotation/value-work.ts';
import { type ApplicationRow, decrypt, encrypt, newKey } from '../../support/application/application.ts';
import { MemoryStore, type StoredRow } from '../../support/model/memory-store.ts';
import { type KeyName, type Told, told } from '../../support/model/told.ts';
import { layout } from '../../support/table/default-field.ts';

/** As the application holds them. */
export const hex: Readonly<Record<KeyName, string>> = { old: newKey(), new: newKey() };
/** As the tool holds them. */
export const keys = { old: importEncryptionKey(hex.old), new: importEncryptionKey(hex.new) };
export const ring: KeyRing = { target: keys.new, sources: [keys.old] };
export const ringBack: KeyRing = { target: keys.old, sources: [keys.new] };
export const fingerprints = { old: keys.old.fingerprint, new: keys.new.fingerprint };
export { layout };
export const FIELD = 'UserApiKey';

export function fieldOf(store: Store): Field {
  return { name: FIELD, store, layout };
}

/** Ids whose order as text is that of their numbers. */
export function idOf(number: number): string {
  return `row-${String(number).padStart(5, '0')}`;
}

export function plaintextOf(number: number): string {
  return `plaintext of ${idOf(number)}`;
}

export function row(number: number, under: KeyName = 'old', plaintext: string | Buffer = plaintextOf(number)): ApplicationRow {
  return { id: idOf(number), ...encrypt(hex[under], plaintext) };
}

/** A row that neither key can decrypt. */
export function strangeRow(number: number): ApplicationRow {
  return { id: idOf(number), ...encrypt(newKey(), plaintextOf(number)) };
}

/** @returns a store with the rows 1 to `count` under one key */
export function tableOf(count: number, under: KeyName = 'old'): MemoryStore {
  const store = new MemoryStore();
  for (let number = 1; number <= count; number += 1) store.put(row(number, under));
  return store;
}

/** Opens every row as the application would. @returns for example `['new: plaintext of row-00001', 'old: …', 'unreadable']` */
export function contents(store: MemoryStore): string[] {
  return store.table.map((stored) => {
    const opened = (['old', 'new'] as const).flatMap((name) => {
      const plaintext = openAs(name, stored);
      return plaintext === null ? [] : [`${name}: ${plaintext.toString()}`];
    });
    return opened.join(' and ') || 'unreadable';
  });
}

export function openAs(name: KeyName, { iv, content, tag }: StoredRow): Buffer | null {
  return iv === null || content === null || tag === null ? null : decrypt(hex[name], { iv, content, tag });
}

/** What `contents` shows for the rows `from` to `to`, all under one key. */
export function under(name: KeyName, from: number, to: number): string[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => `${name}: ${plaintextOf(from + index)}`);
}

export function silentObserver(): Observer {
  const ignore = () => {};
  return {
    onPhase: ignore,
    onProgress: ignore,
    onPhaseEnd: ignore,
    onCensus: ignore,
    onRow: ignore,
    onUnreadable: ignore,
  };
}

/** Rotates to the new key, row by row, unless `change` says otherwise. */
export async function rotateTable(store: MemoryStore, change: Partial<RotateOptions> = {}): Promise<Told> {
  const result = await rotate({
    fields: [fieldOf(store)],
    ring,
    dryRun: false,
    skipUnreadable: false,
    batchRows: 1,
    connections: 1,
    beforeFirstWrite: async () => {},
    pace: atOnce,
    beforeWrite: async () => {},
    signal: new AbortController().signal,
    observer: silentObserver(),
    ...change,
  });
  return told(result, fingerprints);
}

/** What a pass over the table told, and how it ended. */
export interface PassRun {
  readonly error: unknown;
  readonly tally: Tally;
  readonly outcomes: readonly string[];
  readonly progress: readonly number[];
}

type PassOptions = Partial<RotatePassOptions> & { readonly ring?: KeyRing };

/** One pass to the new key, without preflight and verification, row by row, unless `change` says otherwise. */
export async function passOver(store: MemoryStore, { ring: to = ring, ...change }: PassOptions = {}): Promise<PassRun> {
  const tally = new RunningTally();
  const outcomes: string[] = [];
  const progress: number[] = [];
  const error = await rotatePass({
    field: fieldOf(store),
    pages: readPages(change.field?.store ?? store, 100, 9999, change.signal ?? new AbortController().signal),
    work: createValueWork({ ring: to, layout, digestKey: createDigestKey() }),
    batchRows: 1,
    connections: 1,
    pace: atOnce,
    beforeWrite: async () => {},
    skipUnreadable: false,
    signal: new AbortController().signal,
    tally,
    onProgress: (rows) => progress.push(rows),
    onRow: (id, outcome) => outcomes.push(`${id} ${outcome}`),
    ...change,
  }).catch((reason: unknown) => reason);
  return { error, tally: tally.now(), outcomes, progress };
}
