// A generator of Prisma: reads which fields of the schema are marked `/// @encrypted`, checks the marks, and writes them down as a typed
// file. Prisma hands the schema over in its public way: https://www.prisma.io/docs/orm/prisma-schema/overview/generators
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import generatorHelper from '@prisma/generator-helper';
import type { EncryptedField } from '../src/database/encrypted-field.ts';
import { readFields } from './generator/read-fields.ts';
import { readSchemaFiles } from './generator/schema-files.ts';
import { readSchemaText } from './generator/schema-text.ts';

generatorHelper.generatorHandler({
  onManifest: () => ({ prettyName: 'Encrypted Fields', version: '2' }),
  onGenerate: async ({ dmmf, generator, schemaPath }) => {
    const output = generator.output?.value;
    if (!output) throw new Error('the generator encryptedFields in prisma/schema.prisma needs an output');
    // The text that Prisma hands over beside the models is formatted anew: its lines are not those of the file.
    const { fields, problems } = readFields(dmmf.datamodel.models, readSchemaText(readSchemaFiles(schemaPath)));
    if (problems.length > 0) throw new Error(problems.join('\n'));
    mkdirSync(path.dirname(output), { recursive: true });
    writeFileSync(output, source(fields));
  },
});

function source(fields: readonly EncryptedField[]): string {
  return `// Written by prisma/encrypted-fields.ts: \`npx prisma generate\` makes it anew.
import type { EncryptedField } from '../encrypted-field.ts';

export const encryptedFields: readonly EncryptedField[] = ${JSON.stringify(fields, null, 2)};
`;
}
