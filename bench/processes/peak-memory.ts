// Loaded with --import into a process that is measured: writes its peak resident memory in kilobytes to file descriptor 3 on exit.
import { readFileSync, writeSync } from 'node:fs';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

const FILE_DESCRIPTOR = 3;

// Worker threads load this file too, and are part of the process.
if (isMainThread) process.once('exit', () => writeSync(FILE_DESCRIPTOR, String(peakKilobytes())));

function peakKilobytes(): number {
  try {
    // On Linux maxRSS includes what the parent had in memory when it forked; VmHWM is this program's own.
    return Number(/^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}
