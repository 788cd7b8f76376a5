import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { copyProject } from '../tool/copy-project.ts';

const root = path.resolve(import.meta.dirname, '..', '..', '..');
const prismaCli = path.join(root, 'node_modules', 'prisma', 'build', 'index.js');
const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');

/** A file that a document shows: a block whose info string is a language and the name of the file. */
interface DocumentFile {
  readonly name: string;
  readonly text: string;
}

const SCHEMA_HEAD = `generator client {
  provider = "prisma-client"
  output   = "../src/generated"
}

datasource db {
  provider = "postgresql"
}

`;

const TSCONFIG = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    rewriteRelativeImportExtensions: true,
    rootDir: 'src',
    outDir: 'dist',
  },
};

/** @returns the files that a Markdown text shows, in their order */
function readDocumentFiles(text: string): DocumentFile[] {
  const fences = /^```\w+ (?<name>[\w./-]+)\n(?<text>(?:.*\n)*?)```$/gmu;
  return [...text.matchAll(fences)].map(({ groups }) => ({ name: groups?.['name'] ?? '', text: groups?.['text'] ?? '' }));
}

/**
 * Follows docs/application.md in a new folder: copies the keyring, writes the files that the document shows, adds to the schema what
 * prisma/encryption-keys.prisma has, generates the Prisma client, and compiles all of it, with server.ts, into the folder dist.
 *
 * @throws Error if Prisma or the compiler refuses
 */
export function buildApplication(folder: string): void {
  const at = (...names: readonly string[]) => path.join(folder, ...names);
  mkdirSync(at('src'), { recursive: true });
  mkdirSync(at('prisma'));
  symlinkSync(path.join(root, 'node_modules'), at('node_modules'));
  writeFileSync(at('package.json'), '{ "type": "module" }\n');
  cpSync(path.join(root, 'src', 'keyring', 'keyring.ts'), at('src', 'keyring.ts'));
  writeFileSync(at('prisma', 'schema.prisma'), SCHEMA_HEAD);
  for (const { name, text } of readDocumentFiles(readFileSync(path.join(root, 'docs', 'application.md'), 'utf8')))
    appendFileSync(at(name), text);
  appendFileSync(at('prisma', 'schema.prisma'), readFileSync(path.join(root, 'prisma', 'encryption-keys.prisma')));
  run(folder, prismaCli, 'generate');
  cpSync(path.join(import.meta.dirname, 'server.ts'), at('src', 'server.ts'));
  writeFileSync(at('tsconfig.json'), JSON.stringify(TSCONFIG));
  run(folder, compiler);
}

/** Copies the tool into a new folder, and marks the column of the key id in its schema. */
export function buildTool(folder: string): void {
  copyProject(folder);
  const file = path.join(folder, 'prisma', 'schema.prisma');
  const schema = readFileSync(file, 'utf8');
  writeFileSync(file, schema.replace(/^.*@encrypted \{tag\}$/mu, '$&\n  keyId   String? @map("key_id") /// @encrypted {keyId}'));
  run(folder, prismaCli, 'generate', '--generator', 'encryptedFields');
}

function run(cwd: string, script: string, ...args: readonly string[]): void {
  // It names an engine that `prisma generate` does not run: prisma.config.ts.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath };
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${path.basename(script)} in ${cwd}: ${stdout}${stderr}`);
}
