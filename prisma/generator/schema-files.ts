import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { SchemaFile } from './schema-text.ts';

/** @param schemaPath - the schema's file, or the folder of its files, as Prisma hands it over */
export function readSchemaFiles(schemaPath: string): readonly SchemaFile[] {
  const files = statSync(schemaPath).isFile()
    ? [schemaPath]
    : readdirSync(schemaPath, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.prisma'))
        .sort()
        .map((name) => path.join(schemaPath, name));
  return files.map((file) => ({ name: path.relative('', file), text: readFileSync(file, 'utf8') }));
}
