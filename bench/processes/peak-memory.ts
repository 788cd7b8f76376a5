// Loaded into a measured process with --import: tells the bench, on the file descriptor that it opened for this, the peak of
// the process's resident memory, in kilobytes.
import { readFileSync, writeSync } from 'node:fs';
import process from 'node:process';

const FILE_DESCRIPTOR = 3;

process.once('exit', () => writeSync(FILE_DESCRIPTOR, String(peakKilobytes())));

function peakKilobytes(): number {
  try {
    // Linux counts into maxRSS what the parent had in memory when it forked; VmHWM is this program's own.
    return Number(/^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}
