import type { DMMF } from '@prisma/generator-helper';
import type { EncryptedField, NamedColumn } from '../../src/database/encrypted-field.ts';
import { defineColumn } from '../../src/layout/define-column.ts';
import { type DefinedColumn, defineLayout } from '../../src/layout/define-layout.ts';
import { MARK, type Mark, MarkError, parseMark } from '../../src/layout/parse-mark.ts';
import type { LayoutDefinition } from '../../src/layout/template.ts';
import type { SchemaText } from './schema-text.ts';

/** A column of a value, with the name of the value (null: it has none). */
interface ValueColumn extends DefinedColumn {
  readonly value: string | null;
}

const ID_TYPES = ['String', 'Int', 'BigInt'];
const NO_ID = 'needs an id that is one field of the type String, Int or BigInt: @id, or @unique and required, and not marked';
const NOT_PASSED_ON = `Prisma passes ${MARK} on only from three slashes, at a field of a type that Prisma supports, without @ignore`;

/**
 * Reads which values the models hold.
 *
 * @param models - as Prisma hands them over
 * @param text - where they stand
 * @returns the values in the order of the schema, and every problem, one a line, with its place
 */
export function readFields(
  models: readonly DMMF.Model[],
  text: SchemaText,
): { readonly fields: readonly EncryptedField[]; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const fields = models.flatMap((model) => {
    const report = (field: string | null, problem: string) => {
      problems.push(`${text.placeOf(model.name, field)}: ${model.name}${field === null ? '' : `.${field}`}: ${problem}`);
    };
    return readModel(model, report);
  });
  const seen = new Set(models.flatMap((model) => model.fields.filter(isMarked).map((field) => `${model.name}.${field.name}`)));
  for (const { place, model, field } of text.marks) {
    if (field === null) problems.push(`${place}: ${model}: ${MARK} has to stand at a field, not at a model`);
    else if (!seen.has(`${model}.${field}`)) problems.push(`${place}: ${model}.${field}: ${NOT_PASSED_ON}`);
  }
  if (fields.length === 0 && problems.length === 0) problems.push(`no field is marked /// ${MARK}`);
  return { fields, problems };
}

type Report = (field: string | null, problem: string) => void;

function readModel(model: DMMF.Model, report: Report): readonly EncryptedField[] {
  const marked = model.fields.filter(isMarked);
  const columns = marked.flatMap((field) =>
    attempt(
      () => readColumn(field),
      (problem) => report(field.name, problem),
    ),
  );
  const unmarked = model.fields.filter((field) => !isMarked(field));
  if (marked.length === 0) return [];
  const id = idOf(unmarked);
  if (id === undefined) report(null, NO_ID);
  // What is in a column that was not understood would be missing from its value.
  if (id === undefined || columns.length < marked.length) return [];

  return [...new Set(columns.map(({ value }) => value))].flatMap((value) => {
    const own = columns.filter((column) => column.value === value);
    return attempt(
      () => encryptedField(model, id, value, defineLayout(own, unmarked)),
      (problem) => report(own[0]?.layout.column ?? null, value === null ? problem : `the value ${value}: ${problem}`),
    );
  });
}

function encryptedField(model: DMMF.Model, id: DMMF.Field, value: string | null, layout: LayoutDefinition): EncryptedField {
  const bound = (layout.aad ?? []).flatMap((piece) => ('column' in piece ? [piece.column] : []));
  const read = new Set([...layout.columns.map(({ column }) => column), ...bound]);
  return {
    name: value === null ? model.name : `${model.name}.${value}`,
    model: model.name,
    schema: model.schema ?? null,
    table: model.dbName ?? model.name,
    id: named(id),
    columns: [...read].flatMap((name) => model.fields.filter((field) => field.name === name).map(named)),
    layout,
  };
}

function idOf(unmarked: readonly DMMF.Field[]): DMMF.Field | undefined {
  const usable = unmarked.filter(({ type }) => ID_TYPES.includes(type));
  return usable.find(({ isId }) => isId) ?? usable.find(({ isUnique, isRequired }) => isUnique && isRequired);
}

function readColumn(field: DMMF.Field): ValueColumn {
  const mark = markOf(field);
  return { value: mark.name, layout: defineColumn(field, mark), aad: mark.aad };
}

function markOf({ documentation = '' }: DMMF.Field): Mark {
  const [line, ...others] = documentation.split('\n').filter((each) => each.includes(MARK));
  if (line === undefined || others.length > 0)
    throw new MarkError(`${MARK} stands at it twice, but a column belongs to one value`);
  if (!line.trim().startsWith(MARK)) throw new MarkError(`${MARK} has to stand at the beginning of its comment`);
  return parseMark(line.trim());
}

function isMarked({ documentation = '' }: DMMF.Field): boolean {
  return documentation.includes(MARK);
}

function named({ name, dbName }: DMMF.Field): NamedColumn {
  return { field: name, column: dbName ?? name };
}

/** @returns what `make` returns; nothing if it throws a MarkError, which is reported */
function attempt<T>(make: () => T, report: (problem: string) => void): readonly T[] {
  try {
    return [make()];
  } catch (error) {
    if (!(error instanceof MarkError)) throw error;
    report(error.message);
    return [];
  }
}
