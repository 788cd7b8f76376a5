import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { EncryptedField } from '../../../src/database/encrypted-field.ts';

/** What a schema begins with: the generator of this project alone, as no test needs a client. */
export const SCHEMA_HEAD = `generator encryptedFields {
  provider = "node --import tsx prisma/encrypted-fields.ts"
  output   = "./generated/encrypted-fields.ts"
}

datasource db {
  provider = "postgresql"
}

`;

/** What `prisma generate` says of a schema, and the file that it writes; no fields and no source if it refuses. */
interface Generated {
  readonly said: string;
  readonly fields: readonly EncryptedField[] | null;
  readonly source: string;
}

const root = path.resolve(import.meta.dirname, '..', '..', '..');
const prisma = path.join(root, 'node_modules', 'prisma', 'build', 'index.js');

/**
 * Runs `prisma generate` as an operator does, in a temporary folder, which messages show as …
 *
 * @param models - the files of the schema: the first gets the head
 */
export async function prismaGenerate(...models: readonly string[]): Promise<Generated> {
  const folder = mkdtempSync(path.join(tmpdir(), 'prisma-generate-'));
  try {
    const own = path.join(folder, 'schema');
    mkdirSync(own);
    for (const [index, text] of models.entries()) {
      writeFileSync(path.join(own, `${index}.prisma`), (index === 0 ? SCHEMA_HEAD : '') + text);
    }
    const schema = models.length === 1 ? path.join(own, '0.prisma') : own;
    const said = await new Promise<string>((resolve) => {
      execFile(process.execPath, [prisma, 'generate', '--schema', schema], { cwd: root }, (_error, stdout, stderr) => {
        resolve((stdout + stderr).replaceAll(path.relative(root, own), '…'));
      });
    });
    const output = path.join(own, 'generated', 'encrypted-fields.ts');
    if (!existsSync(output)) return { said, fields: null, source: '' };
    const { encryptedFields } = await import(output);
    return { said, fields: encryptedFields, source: readFileSync(output, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const generated = new Map<string, Promise<readonly EncryptedField[]>>();

/**
 * @param models - the text of a schema, without its head
 * @returns what the generator makes of it, once for each text
 * @throws Error with what Prisma says, if it refuses
 */
export function encryptedFieldsOf(models: string): Promise<readonly EncryptedField[]> {
  const known = generated.get(models) ?? prismaGenerate(models).then(({ said, fields }) => fields ?? refused(said));
  generated.set(models, known);
  return known;
}

function refused(said: string): never {
  throw new Error(said);
}
