import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Makes the names in a folder survive a crash: flushing a file does not flush its name (fsync(2)). Not every system opens folders. */
export function flushFolder(folder: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
