import { encodedPattern, foreignCharacter } from './encoding.ts';
import { fitting, type Misfit } from './misfit.ts';
import { createRun, type Run } from './run.ts';
import type { Encoding, Piece } from './template.ts';

/** A run of a template, behind the literal that comes before it. */
interface Slot {
  readonly before: string;
  readonly run: Run;
}

/** A slot with the text that its run has. */
export interface FilledSlot extends Slot {
  readonly text: string;
}

/** Literal text, and runs in it. */
export interface Template {
  /** @returns the text of each run, not yet decoded; or what is wrong, if what is around them is not as it has to be */
  split(text: string): readonly FilledSlot[] | Misfit;
  /**
   * @param like - a text that can be split
   * @returns the same text with `encode` of each run
   */
  join(like: string, encode: (filled: FilledSlot) => string): string;
}

/** @param pieces - with no two runs and no two literals side by side, and such that the runs can be told apart */
export function createTextTemplate(encoding: Encoding, pieces: readonly Piece[]): Template {
  const slots: Slot[] = [];
  let source = '';
  let before = '';
  for (const [index, piece] of pieces.entries()) {
    if ('literal' in piece) {
      before = piece.literal;
      source += escaped(piece.literal);
    } else {
      const run = createRun(piece.run);
      const isBeginSure = slots.length === 0 || foreignCharacter(encoding, before) !== null;
      source += `(${runSource(encoding, run, isBeginSure, pieces.slice(index + 1))})`;
      slots.push({ before, run });
      before = '';
    }
  }
  const end = before;
  const pattern = new RegExp(`^${source}$`);
  return {
    split,
    join: (like, encode) => fitting(split(like)).reduce((text, slot) => text + slot.before + encode(slot), '') + end,
  };

  function split(text: string): readonly FilledSlot[] | Misfit {
    const match = pattern.exec(text);
    if (match === null) return text === '' ? 'empty' : 'no-match';
    // Every group takes part in every match.
    return slots.map((slot, index) => ({ ...slot, text: `${match[index + 1]}` }));
  }
}

/**
 * A run whose ends are sure takes whatever is there, so that decoding it tells what is wrong with it. It ends before the next character
 * that no run can have: so a long text that does not fit is refused without trying many ways to cut it.
 *
 * @param following - the pieces behind the run
 */
function runSource(encoding: Encoding, { bytes }: Run, isBeginSure: boolean, following: readonly Piece[]): string {
  const foreign = following.map((piece) => ('literal' in piece ? foreignCharacter(encoding, piece.literal) : null));
  const isEndSure = foreign[0] !== null || !following.some((piece) => 'run' in piece);
  if (bytes !== null && !(isBeginSure && isEndSure)) return encodedPattern(encoding, bytes);
  const stop = foreign.find((character) => character !== null);
  return `[^${stop === undefined ? '' : escaped(stop)}]*`;
}

function escaped(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
