import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..', '..', '..');

/** Copies the project into a folder, where its schema can be changed. What npm installed is shared. */
export function copyProject(folder: string): void {
  mkdirSync(folder);
  for (const name of ['scripts', 'src', 'prisma', 'prisma.config.ts', 'package.json', 'tsconfig.json'])
    cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
}
