import { open } from '../crypto/aes-256-gcm.ts';
import type { EncryptionKey } from '../crypto/encryption-key.ts';
import { createLayout, type Layout, type StoredValue } from '../layout/layout.ts';
import type { ColumnLayout, LayoutDefinition, Piece } from '../layout/template.ts';

/** @returns the key that the value of a row is under, read by a layout; null where it is no value, or under none of the keys */
export function keyOf(layout: Layout, row: StoredValue, keys: readonly EncryptionKey[]): EncryptionKey | null {
  const parsed = layout.parse(row);
  if (parsed.kind !== 'value') return null;
  for (const key of keys) {
    const plaintext = open(key, parsed.value, parsed.aad);
    if (plaintext === null) continue;
    plaintext.fill(0);
    return key;
  }
  return null;
}

/** Tries layouts on rows: those that fail again and again last, and not too many in all. */
export class Trials {
  readonly #keys: readonly EncryptionKey[];
  /** How often layouts of one shape, whatever their literal text, have failed. */
  readonly #misses = new Map<string, number>();
  readonly #mostMisses: number;
  #putOff: (readonly [LayoutDefinition, StoredValue])[] = [];
  #left: number;

  /**
   * @param most - how many may be made, in all
   * @param mostMisses - how often a layout may fail on texts of the right length before it is put off. Where there are values under the
   *   keys, one of the first usually is; what fails again and again are mostly digests, tokens and ids
   */
  constructor(keys: readonly EncryptionKey[], most: number, mostMisses: number) {
    this.#keys = keys;
    this.#left = most;
    this.#mostMisses = mostMisses;
  }

  /** Whether one was asked for that was one too many. */
  get exhausted(): boolean {
    return this.#left < 0;
  }

  /** @returns whether the row has a value by this layout; false as well if that is put off */
  succeeds(definition: LayoutDefinition, row: StoredValue): boolean {
    const shape = definition.columns.map(shapeOf).join(' ');
    const misses = this.#misses.get(shape) ?? 0;
    if (misses >= this.#mostMisses) {
      this.#putOff.push([definition, row]);
      return false;
    }
    const hit = this.#opens(definition, row);
    this.#misses.set(shape, hit ? Number.NEGATIVE_INFINITY : misses + 1);
    return hit;
  }

  /** Tries what was put off. @returns the layouts by which a row has a value after all, each once */
  finish(): readonly LayoutDefinition[] {
    const found = new Map<string, LayoutDefinition>();
    for (const [definition, row] of this.#putOff) {
      if (this.exhausted) break;
      if (this.#opens(definition, row)) found.set(JSON.stringify(definition), definition);
    }
    this.#putOff = [];
    return [...found.values()];
  }

  #opens(definition: LayoutDefinition, row: StoredValue): boolean {
    this.#left -= 1;
    return this.#left >= 0 && keyOf(createLayout(definition), row, this.#keys) !== null;
  }
}

/** @returns what a column holds, without its literal text */
function shapeOf(column: ColumnLayout): string {
  const encoding = 'encoding' in column ? column.encoding : '';
  const pieces =
    column.kind === 'json'
      ? Object.entries(column.members).map(([name, own]) => `${name}:${own.map(shapeOfPiece).join('')}`)
      : 'pieces' in column
        ? column.pieces.map(shapeOfPiece)
        : [];
  return `${column.column} ${column.kind} ${encoding} ${pieces.join('')}`;
}

function shapeOfPiece(piece: Piece): string {
  return 'literal' in piece ? '…' : piece.run.map(({ part, bytes }) => `{${part}${bytes ?? ''}}`).join('');
}
