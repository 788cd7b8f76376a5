import type { EncryptedField } from '../../database/encrypted-field.ts';
import type { FoundValue } from '../../discovery/found-values.ts';
import type { ColumnKind } from '../../discovery/sample.ts';
import { fieldName, modelName, Names, valueName } from './names.ts';

const TYPES: Readonly<Record<ColumnKind, string>> = { text: 'String', bytes: 'Bytes', json: 'Json' };
const NO_ID = '  // the tool needs an id: a column that is unique and NOT NULL by itself, of the type String, Int or BigInt';

/** A line of a model, in columns that are aligned. */
type Line = readonly [name: string, type: string, attributes: string, comment: string];

/**
 * Writes values down as prisma/schema.prisma has them: models, or lines to add to the models that it has already.
 *
 * @param values - that the schema does not have
 * @param registered - what it has
 * @param defaultSchema - the PostgreSQL schema that needs no `@@schema`
 */
export function schemaText(values: readonly FoundValue[], registered: readonly EncryptedField[], defaultSchema: string): string {
  const models = new Names(registered.map(({ model }) => model));
  const tables = new Map<string, FoundValue[]>();
  for (const value of values) {
    const key = JSON.stringify([value.schema, value.table]);
    tables.set(key, [...(tables.get(key) ?? []), value]);
  }
  return [...tables.values()].map((own) => tableText(own, registered, models, defaultSchema)).join('\n\n');
}

function tableText(
  values: readonly FoundValue[],
  registered: readonly EncryptedField[],
  models: Names,
  defaultSchema: string,
): string {
  const [{ schema, table, id } = NOTHING] = values;
  const known = registered.filter((field) => field.table === table && (field.schema ?? defaultSchema) === schema);
  const fields = new Names(known.flatMap(({ id: { field }, columns }) => [field, ...columns.map((column) => column.field)]));
  const [model] = known;
  const idLines = id === null || model !== undefined ? [] : [idLine(id.name, id.type, fields)];
  const names = new Names(known.map(({ name }) => name.split('.')[1] ?? ''));
  const isNamed = known.length > 0 || values.length > 1;
  const lines = values.flatMap(({ columns }): Line[] => {
    const given = columns.map((column) => ({ ...column, field: fields.give(fieldName(column.name)) }));
    const name = isNamed ? `(${names.give(valueName(given.map(({ field }) => field)))})` : '';
    return given.map(
      (column) =>
        [
          ...[column.field, `${TYPES[column.kind]}?`, mapped(column.name, column.field)],
          `/// @encrypted${name} ${column.template}`,
        ] satisfies [string, string, string, string],
    );
  });
  if (model !== undefined) return [`// add to model ${model.model}:`, ...aligned(lines)].join('\n');

  const own = models.give(modelName(table));
  const attributes = [
    ...(own === table ? [] : [`  @@map(${JSON.stringify(table)})`]),
    ...(schema === defaultSchema ? [] : [`  @@schema(${JSON.stringify(schema)})`]),
  ];
  const body = [...(id === null ? [NO_ID] : []), ...aligned([...idLines, ...lines])];
  return [`model ${own} {`, ...body, ...(attributes.length > 0 ? ['', ...attributes] : []), '}'].join('\n');
}

const NOTHING = { schema: '', table: '', id: null };

function idLine(column: string, type: string, fields: Names): Line {
  const field = fields.give(fieldName(column));
  return [field, type, ['@id', mapped(column, field)].filter((each) => each !== '').join(' '), ''];
}

function mapped(column: string, field: string): string {
  return column === field ? '' : `@map(${JSON.stringify(column)})`;
}

function aligned(lines: readonly Line[]): readonly string[] {
  const width = (at: number) => Math.max(...lines.map((line) => line[at]?.length ?? 0));
  const widths = [width(0), width(1), width(2)];
  return lines.map((line) => {
    const padded = line.slice(0, 3).map((text, at) => text.padEnd(widths[at] ?? 0));
    return `  ${[...padded.filter((text) => text !== ''), line[3]].join(' ')}`.trimEnd();
  });
}
