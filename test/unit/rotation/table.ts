import { importEncryptionKey } from '../../../src/crypto/encryption-key.ts';
import type { KeyName, NamedKey } from '../../../src/rotation/judge.ts';
import { readPages } from '../../../src/rotation/pages.ts';
import { type RotateOptions, rotate } from '../../../src/rotation/rotate.ts';
import { type RotatePassOptions, rotatePass } from '../../../src/rotation/rotate-pass.ts';
import type { Observer, RunResult } from '../../../src/rotation/run.ts';
import type { Row } from '../../../src/rotation/store.ts';
import type { Tally } from '../../../src/rotation/write-batch.ts';
import { type ApplicationRow, decrypt, encrypt, newKey } from '../../support/application.ts';
import { MemoryStore } from '../../support/memory-store.ts';

/** As the application holds them. */
export const hex: Readonly<Record<KeyName, string>> = { old: newKey(), new: newKey() };
/** As the tool holds them. */
export const keys = { old: importEncryptionKey(hex.old), new: importEncryptionKey(hex.new) };
export const named: readonly [NamedKey, NamedKey] = [
  { name: 'new', key: keys.new },
  { name: 'old', key: keys.old },
];

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

/** A row that neither key opens. */
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

export function openAs(name: KeyName, { iv, content, tag }: Row): Buffer | null {
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
export function rotateTable(store: MemoryStore, change: Partial<RotateOptions> = {}): Promise<RunResult> {
  return rotate({
    store,
    keys,
    target: 'new',
    dryRun: false,
    skipUnreadable: false,
    batchRows: 1,
    beforeWrite: async () => {},
    signal: new AbortController().signal,
    observer: silentObserver(),
    ...change,
  });
}

/** What a pass over the table told, and how it ended. */
export interface PassRun {
  readonly error: unknown;
  readonly tally: Tally;
  readonly outcomes: readonly string[];
  readonly progress: readonly number[];
}

/** One pass to the new key, without preflight and verification, row by row, unless `change` says otherwise. */
export async function passOver(store: MemoryStore, change: Partial<RotatePassOptions> = {}): Promise<PassRun> {
  const tally = { rotated: 0, conflicts: 0, gone: 0, alreadyRotated: 0 };
  const outcomes: string[] = [];
  const progress: number[] = [];
  const error = await rotatePass({
    store,
    pages: readPages(change.store ?? store, 100, change.signal ?? new AbortController().signal),
    keys: named,
    target: { name: 'new', key: keys.new },
    batchRows: 1,
    beforeWrite: async () => {},
    skipUnreadable: false,
    signal: new AbortController().signal,
    tally,
    onProgress: (rows) => progress.push(rows),
    onRow: (id, outcome) => outcomes.push(`${id} ${outcome}`),
    ...change,
  }).catch((reason: unknown) => reason);
  return { error, tally, outcomes, progress };
}
