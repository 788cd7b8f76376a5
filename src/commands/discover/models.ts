import type { EncryptedField } from '../../database/encrypted-field.ts';
import type { FoundValue } from '../../discovery/found-values.ts';
import type { ColumnKind, IdColumn } from '../../discovery/sample.ts';
import { fieldName, modelName, Names, valueName } from './names.ts';

const TYPES: Readonly<Record<ColumnKind, string>> = { text: 'String', bytes: 'Bytes', json: 'Json' };
const NO_ID = '  // an id is missing: it has to be a column that is unique and NOT NULL by itself, of type String, Int or BigInt';
/** What Prisma lets no model be called. */
const RESERVED = ['BigInt', 'Boolean', 'Bytes', 'DateTime', 'Decimal', 'Float', 'Int', 'Json', 'String', 'PrismaClient'];
const UNPRINTABLE = 'the text around the value could be data';

/** A line of a model, which is aligned with others. */
type Line = readonly [name: string, type: string, attributes: string, comment: string];

/**
 * Writes values down as prisma/schema.prisma has them: models, or lines to add to the models that it has already.
 *
 * @param values - that the schema does not have
 * @param registered - what it has
 * @param defaultSchema - the PostgreSQL schema that needs no `@@schema`
 */
export function schemaText(values: readonly FoundValue[], registered: readonly EncryptedField[], defaultSchema: string): string {
  const models = new Names([...RESERVED, ...registered.map(({ model }) => model)]);
  // Where one model has a schema, every model needs one.
  const hasSchemas = registered.some((field) => field.schema !== null);
  const tables = [...new Set(values.map(tableOf))];
  return tables
    .map((table) => values.filter((value) => tableOf(value) === table))
    .map((own) => {
      const [{ schema, table, id: found } = NOTHING] = own;
      // What is rotated names no row.
      const id = own.some(({ columns }) => columns.some(({ name }) => name === found?.name)) ? null : found;
      const known = registered.filter((field) => field.table === table && (field.schema ?? defaultSchema) === schema);
      const [model] = known;
      if (model !== undefined) return [`// add to model ${model.model}:`, ...aligned(valueLines(own, known, fieldsOf(known)))];
      const name = models.give(modelName(table));
      const fields = fieldsOf([]);
      const lines = [...idLines(id, fields), ...valueLines(own, [], fields)];
      const attributes = [
        ...(name === table ? [] : [`  @@map(${JSON.stringify(table)})`]),
        ...(schema === defaultSchema && !hasSchemas ? [] : [`  @@schema(${JSON.stringify(schema)})`]),
      ];
      const head = [`model ${name} {`, ...(id === null ? [NO_ID] : [])];
      return [...head, ...aligned(lines), ...(attributes.length > 0 ? ['', ...attributes] : []), '}'];
    })
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

const NOTHING = { schema: '', table: '', id: null };

function tableOf({ schema, table }: FoundValue): string {
  return JSON.stringify([schema, table]);
}

function fieldsOf(known: readonly EncryptedField[]): Names {
  return new Names(known.flatMap(({ id, columns }) => [id.field, ...columns.map(({ field }) => field)]));
}

function idLines(id: IdColumn | null, fields: Names): readonly Line[] {
  if (id === null) return [];
  const field = fields.give(fieldName(id.name));
  return [[field, id.type, ['@id', mapped(id.name, field)].join(' ').trimEnd(), '']];
}

/** A value has a name only where there are several in a model. */
function valueLines(values: readonly FoundValue[], known: readonly EncryptedField[], fields: Names): readonly Line[] {
  const names = new Names(known.map(({ name, model }) => name.slice(model.length + 1)));
  const isNamed = known.length + values.length > 1;
  return values.flatMap(({ columns }) => {
    const given = columns.map((column) => ({ ...column, field: fields.give(fieldName(column.name)) }));
    const name = isNamed ? `(${names.give(valueName(given.map(({ field }) => field)))})` : '';
    return given.map(({ name: column, field, kind, template }): Line => {
      const mark = template === null ? `// write the mark by hand: ${UNPRINTABLE}` : `/// @encrypted${name} ${template}`;
      return [field, `${TYPES[kind]}?`, mapped(column, field), mark];
    });
  });
}

function mapped(column: string, field: string): string {
  return column === field ? '' : `@map(${JSON.stringify(column)})`;
}

function aligned(lines: readonly Line[]): readonly string[] {
  const width = (texts: readonly string[]) => Math.max(...texts.map(({ length }) => length));
  const names = width(lines.map(([name]) => name));
  const types = width(lines.map(([, type]) => type));
  // Nothing comes behind the attributes of a line without a comment.
  const attributes = width(lines.map(([, , attribute, comment]) => (comment === '' ? '' : attribute)));
  return lines.map(([name, type, attribute, comment]) => {
    const middle = attributes === 0 && attribute === '' ? '' : ` ${attribute.padEnd(attributes)}`;
    return `  ${name.padEnd(names)} ${type.padEnd(types)}${middle} ${comment}`.trimEnd();
  });
}
