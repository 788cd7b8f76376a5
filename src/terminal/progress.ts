import { Presets, SingleBar } from 'cli-progress';
import type { PhaseName } from '../rotation/result.ts';
import type { OutputStream } from './output.ts';

/** Shows how far a phase is. */
export interface Progress {
  begin(phase: PhaseName, total: number): void;
  update(done: number): void;
  end(): void;
}

export interface ProgressSnapshot {
  readonly phase: PhaseName;
  readonly done: number;
  readonly total: number;
  readonly percent: number;
  readonly rowsPerSecond: number;
  /** Null until something is done. */
  readonly secondsLeft: number | null;
}

/** Computes all that a bar or a line shows. `total` is an estimate: the application may add rows. */
export function snapshot(phase: PhaseName, done: number, total: number, seconds: number): ProgressSnapshot {
  const rowsPerSecond = seconds > 0 ? Math.round(done / seconds) : 0;
  return {
    phase,
    done,
    total,
    percent: total === 0 ? 100 : Math.min(100, Math.floor((done * 100) / total)),
    rowsPerSecond,
    secondsLeft: rowsPerSecond > 0 ? Math.max(0, Math.ceil((total - done) / rowsPerSecond)) : null,
  };
}

/** 80 columns hold the line of a table of a million rows. */
const BAR_COLUMNS = 10;

/** A bar, for a terminal. The cursor stays visible: a run that is killed could not bring it back. */
export function createBar(stderr: OutputStream): Progress {
  const format = '{phase} [{bar}] {percentage}% | {value}/{total} rows | {rate} rows/s | {left} left';
  let current: { bar: SingleBar; phase: PhaseName; total: number; start: number } | null = null;
  return {
    begin: (phase, total) => {
      const bar = new SingleBar(
        { format, stream: stderr, barsize: BAR_COLUMNS, clearOnComplete: true, gracefulExit: false, fps: 10 },
        Presets.rect,
      );
      bar.start(total, 0, { phase: phase.padEnd(9), rate: '-', left: '-' });
      current = { bar, phase, total, start: performance.now() };
    },
    update: (done) => {
      if (current === null) return;
      const { phase, total, start, bar } = current;
      const { rowsPerSecond, secondsLeft } = snapshot(phase, done, total, (performance.now() - start) / 1000);
      bar.update(Math.min(done, total), { rate: rowsPerSecond, left: secondsLeft === null ? '-' : formatSeconds(secondsLeft) });
    },
    end: () => {
      current?.bar.stop();
      current = null;
    },
  };
}

const LINE_EVERY_MS = 10_000;

/** Occasional plain lines, for a file or a pipe. */
export function createLines(say: (line: string) => void): Progress {
  let current: { phase: PhaseName; total: number; start: number; lastLine: number } | null = null;
  return {
    begin: (phase, total) => {
      const now = performance.now();
      current = { phase, total, start: now, lastLine: now };
    },
    update: (done) => {
      const now = performance.now();
      if (current === null || now - current.lastLine < LINE_EVERY_MS) return;
      current.lastLine = now;
      const { percent, rowsPerSecond, secondsLeft } = snapshot(current.phase, done, current.total, (now - current.start) / 1000);
      const left = secondsLeft === null ? '' : `, ${formatSeconds(secondsLeft)} left`;
      say(`${current.phase}: ${done} of ${current.total} rows (${percent}%), ${rowsPerSecond} rows/s${left}`);
    },
    end: () => {
      current = null;
    },
  };
}

/** @returns for example `45s`, `3m 05s`, `2h 10m` */
function formatSeconds(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds}s`;
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, '0')}m`;
}
