import { MARK } from '../../src/layout/parse-mark.ts';

/** A file of the schema: its name, as messages show it, and its text. */
export interface SchemaFile {
  readonly name: string;
  readonly text: string;
}

/** A mark as the text has it, on a field, or on a model or at the end of it, where Prisma passes no mark on (field: null). */
interface MarkInText {
  readonly place: string;
  readonly model: string;
  readonly field: string | null;
}

/** Where models and fields stand: what Prisma hands over has no lines. */
export interface SchemaText {
  /** @returns the file and the line of a field, or of a model (field: null), such as `prisma/schema.prisma:12` */
  placeOf(model: string, field: string | null): string;
  /** Every mark in a comment, except in lines that are comments altogether. */
  readonly marks: readonly MarkInText[];
}

/** Reads the lines of a schema, which Prisma has found valid. */
export function readSchemaText(files: readonly SchemaFile[]): SchemaText {
  const places = new Map<string, string>();
  const marks: MarkInText[] = [];
  for (const { name, text } of files) {
    let model: string | null = null;
    let isMarkedAbove = false;
    for (const [index, line] of text.split('\n').entries()) {
      const isMarked: boolean = isMarkedAbove || line.replace(STRINGS, '').includes(MARK);
      // A line without code: the mark is on what follows. A field that is commented out altogether is none.
      if (/^\s*(?:\/\/|$)/.test(line)) {
        isMarkedAbove ||= isMarked && LONE_MARK.test(line);
        continue;
      }
      isMarkedAbove = false;
      const block = /^\s*(?:model|view)\s+(\w+)\s*\{/.exec(line)?.[1];
      const field = block === undefined ? (/^\s*([A-Za-z]\w*)\s/.exec(line)?.[1] ?? null) : null;
      model = block ?? model;
      const place = `${name}:${index + 1}`;
      if (model !== null && (block ?? field) !== null) places.set(keyOf(model, field), place);
      if (model !== null && isMarked) marks.push({ place, model, field });
      if (/^\s*\}/.test(line)) model = null;
    }
  }
  return { placeOf: (model, field) => places.get(keyOf(model, field)) ?? 'prisma/schema.prisma', marks };
}

/** A comment that is a mark, whether it has three slashes or, by mistake, two; any other of two slashes is no mark. */
const LONE_MARK = new RegExp(String.raw`^\s*//(?:/|\s*${MARK})`);
const STRINGS = /"(?:[^"\\]|\\.)*"/g;

function keyOf(model: string, field: string | null): string {
  return field === null ? model : `${model}.${field}`;
}
