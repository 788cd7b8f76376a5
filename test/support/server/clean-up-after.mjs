// A process that outlives the one that started it, however that ends: node clean-up-after.mjs FOLDER PID_FILE
// When its stdin ends, it kills the server whose pid stands in the first line of PID_FILE, a path within FOLDER, and removes FOLDER.
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const [folder = '', pidFile = ''] = process.argv.slice(2);
/** A server that is just starting writes its pid a little later, and files as long as it lives. */
const ATTEMPTS = 50;

process.stdin.resume().once('close', () => void cleanUp(ATTEMPTS));

function cleanUp(attempts) {
  try {
    const pid = Number.parseInt(readFileSync(path.join(folder, pidFile), 'utf8'), 10);
    if (pid > 0) process.kill(pid, 'SIGQUIT');
  } catch {
    // None has started, or it has ended.
  }
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // The server is still writing into it.
  }
  if (attempts > 1) setTimeout(cleanUp, 100, attempts - 1);
}
