import type { EncryptedValue } from '../crypto/encrypted-value.ts';
import { CODECS, type Codec } from './encoding.ts';
import { createJsonTemplate } from './json-template.ts';
import { fitting, type Misfit } from './misfit.ts';
import { createRun, type Found, type Run } from './run.ts';
import type { ColumnLayout, Piece } from './template.ts';
import { createTextTemplate, type Template } from './text-template.ts';

/** What a column holds that holds parts. */
export type PartColumn = Exclude<ColumnLayout, { readonly kind: 'key-id' }>;

/** A column that holds parts of a value. */
export interface Column {
  readonly name: string;
  /** Enters the parts that the text holds in `found`. */
  read(text: string, found: Found): Misfit | null;
  /** @returns the text of the parts of `value`, in the form of `like`, which reads without a misfit; `isUpper` as in `Codec` */
  write(value: EncryptedValue, like: string, isUpper: boolean): string;
  /** @returns all that may be upper or lower case in a text that reads without a misfit: its hex, of a Bytes column none */
  hexDigits(text: string): string;
}

/** @param layout - what the column holds */
export function createColumn(layout: PartColumn): Column {
  const written = layout.kind === 'bytes' ? 'bytes' : layout.encoding;
  const [first, ...others] = layout.kind === 'json' ? [] : layout.pieces;
  return first !== undefined && 'run' in first && others.length === 0
    ? wholeColumn(layout.column, written, createRun(first.run))
    : templateColumn(layout.column, written, templateOf(layout));
}

/** A column that is one run, as in most tables: without the cost of taking its text apart. */
function wholeColumn(name: string, written: keyof typeof CODECS, run: Run): Column {
  const codec = CODECS[written];
  return {
    name,
    read: (text, found) => readRun(codec, run, text, found),
    write: (value, like, isUpper) => codec.encode(run.join(value), like, isUpper),
    hexDigits: (text) => (written === 'hex' ? text : ''),
  };
}

function templateColumn(name: string, written: keyof typeof CODECS, template: Template): Column {
  const codec = CODECS[written];
  return {
    name,
    read(text, found) {
      const filled = template.split(text);
      if (typeof filled === 'string') return filled;
      for (const slot of filled) {
        const misfit = readRun(codec, slot.run, slot.text, found);
        if (misfit !== null) return misfit;
      }
      return null;
    },
    write: (value, like, isUpper) => template.join(like, ({ run, text }) => codec.encode(run.join(value), text, isUpper)),
    hexDigits(text) {
      const filled = written === 'hex' ? fitting(template.split(text)) : [];
      return filled.map((slot) => slot.text).join('');
    },
  };
}

function readRun(codec: Codec, run: Run, text: string, found: Found): Misfit | null {
  if (text === '' && !run.mayBeEmpty) return 'empty';
  const bytes = codec.decode(text);
  return typeof bytes === 'string' ? bytes : run.take(bytes, found);
}

function templateOf(layout: PartColumn): Template {
  switch (layout.kind) {
    case 'text':
      return createTextTemplate(layout.encoding, layout.pieces);
    case 'bytes':
      return createTextTemplate('hex', layout.pieces.map(inHex));
    case 'json':
      return createJsonTemplate(layout.encoding, layout.members);
  }
}

/** A Bytes column is read as hex, so its literals are found in it as hex too. */
function inHex(piece: Piece): Piece {
  return 'literal' in piece ? { literal: Buffer.from(piece.literal).toString('hex') } : piece;
}
