import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';

const script = path.join(import.meta.dirname, 'clean-up-after.mjs');

/**
 * Makes sure that a server and its folder are removed when this process ends, even if it is killed.
 *
 * @param pidFile - within the folder; the server writes its pid in the first line
 * @returns to be called when both are gone
 */
export function cleanUpAfterDeath(folder: string, pidFile: string): () => void {
  const watcher = spawn(process.execPath, [script, folder, pidFile], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  watcher.on('error', () => {});
  watcher.unref();
  return () => watcher.kill();
}
