// A generator of Prisma: reads which fields of the schema are marked `/// @encrypted`, checks the marks, and writes them to a typed
// file. Prisma passes it the schema through its public interface: https://www.prisma.io/docs/orm/prisma-schema/overview/generators
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import generatorHelper, { type DMMF } from '@prisma/generator-helper';
import type { EncryptedField, NamedColumn } from '../src/database/encrypted-field.ts';

const MARK = '@encrypted';
const PARTS = ['iv', 'content', 'tag'] as const;

generatorHelper.generatorHandler({
  onManifest: () => ({ prettyName: 'Encrypted Fields', version: '1' }),
  onGenerate: async ({ dmmf, generator }) => {
    const output = generator.output?.value;
    if (!output) throw new Error('the generator encryptedFields in prisma/schema.prisma needs an output');
    mkdirSync(path.dirname(output), { recursive: true });
    writeFileSync(output, source(encryptedField(dmmf.datamodel.models)));
  },
});

/** @throws Error that names the model and the field, and says what is wrong */
function encryptedField(models: readonly DMMF.Model[]): EncryptedField {
  const [model, ...others] = models.filter(({ fields }) => fields.some(isMarked));
  if (model === undefined) throw new Error(`no field in prisma/schema.prisma is marked /// ${MARK}`);
  if (others.length > 0) throw new Error(`fields of several models are marked /// ${MARK}: ${model.name}, ${others[0]?.name}`);
  const id = model.fields.find(({ isId }) => isId) ?? model.fields.find(({ isUnique, isRequired }) => isUnique && isRequired);
  if (id === undefined) throw new Error(`model ${model.name} needs a single field with @id or @unique`);
  const marked = model.fields.filter(isMarked).map((field) => [template(model, field), field] as const);
  const holding = (part: string): NamedColumn => {
    const [field, ...rest] = marked.filter(([each]) => each === part).map(([, each]) => each);
    if (field === undefined) throw new Error(`no field of model ${model.name} is marked /// ${MARK} {${part}}`);
    if (rest.length > 0) throw new Error(`two fields of model ${model.name} are marked /// ${MARK} {${part}}`);
    if (field.type !== 'String') throw new Error(`${model.name}.${field.name} is marked /// ${MARK}, so it has to be a String`);
    return named(field);
  };
  return {
    model: model.name,
    table: model.dbName ?? model.name,
    id: named(id),
    parts: { iv: holding('iv'), content: holding('content'), tag: holding('tag') },
  };
}

function isMarked({ documentation }: DMMF.Field): boolean {
  return documentation?.includes(MARK) ?? false;
}

/** @returns the part that a field holds */
function template(model: DMMF.Model, { name, documentation = '' }: DMMF.Field): string {
  const found = PARTS.find((part) => documentation.trim() === `${MARK} {${part}}`);
  if (found !== undefined) return found;
  throw new Error(
    `${model.name}.${name}: "/// ${documentation.trim()}" is none of ${PARTS.map((part) => `/// ${MARK} {${part}}`).join(', ')}`,
  );
}

function named({ name, dbName }: DMMF.Field): NamedColumn {
  return { field: name, column: dbName ?? name };
}

function source(field: EncryptedField): string {
  return `// Written by prisma/encrypted-fields.ts: \`npx prisma generate\` makes it anew.
import type { EncryptedField } from '../encrypted-field.ts';

export const encryptedField: EncryptedField = ${JSON.stringify(field, null, 2)};
`;
}
