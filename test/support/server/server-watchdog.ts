import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';

const script = path.join(import.meta.dirname, 'clean-up-after.mjs');

/**
 * Sees to it that a server and its folder do not outlive this process, even one that is killed.
 *
 * @param pidFile - within the folder, where the server writes its pid in the first line
 * @returns to be called when both are gone
 */
export function cleanUpAfterDeath(folder: string, pidFile: string): () => void {
  const watcher = spawn(process.execPath, [script, folder, pidFile], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  watcher.on('error', () => {});
  watcher.unref();
  return () => watcher.kill();
}
