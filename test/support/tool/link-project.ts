import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..', '..', '..');

/** Makes a folder with the project in it as an operator has it, without the .env file that a developer may have. */
export function linkProject(folder: string): void {
  mkdirSync(folder);
  for (const name of ['scripts', 'src', 'node_modules', 'package.json'])
    symlinkSync(path.join(root, name), path.join(folder, name));
}
