import type { PhaseName } from '../rotation/result.ts';

/** Shows how far a phase is. */
export interface Progress {
  /** @param field - null if there is only one */
  begin(phase: PhaseName, field: string | null, total: number): void;
  update(done: number): void;
  end(): void;
}

/** How far a phase is. */
interface Snapshot {
  readonly percent: number;
  readonly rowsPerSecond: number;
  /** Null until something is done. */
  readonly secondsLeft: number | null;
}

/** Computes all that a bar or a line shows. `total` is an estimate: the application may add rows. */
export function snapshot(done: number, total: number, seconds: number): Snapshot {
  const rowsPerSecond = seconds > 0 ? Math.round(done / seconds) : 0;
  return {
    percent: total === 0 ? 100 : Math.min(100, Math.floor((done * 100) / total)),
    rowsPerSecond,
    secondsLeft: rowsPerSecond > 0 ? Math.max(0, Math.ceil((total - done) / rowsPerSecond)) : null,
  };
}

const LINE_EVERY_MS = 10_000;

/** Occasional plain lines, for a file or a pipe. */
export function createLines(say: (line: string) => void): Progress {
  let current: { readonly title: string; readonly total: number; readonly start: number };
  let lastLine = Number.POSITIVE_INFINITY;
  return {
    begin: (phase, field, total) => {
      lastLine = performance.now();
      current = { title: field === null ? phase : `${phase}: ${field}`, total, start: lastLine };
    },
    update: (done) => {
      const now = performance.now();
      if (now - lastLine < LINE_EVERY_MS) return;
      lastLine = now;
      const { title, total, start } = current;
      const { percent, rowsPerSecond, secondsLeft } = snapshot(done, total, (now - start) / 1000);
      const left = secondsLeft === null ? '' : `, ${formatSeconds(secondsLeft)} left`;
      say(`${title}: ${done} of ${total} rows (${percent}%), ${rowsPerSecond} rows/s${left}`);
    },
    end: () => {
      lastLine = Number.POSITIVE_INFINITY;
    },
  };
}

/** @returns for example `45s`, `3m 05s`, `2h 10m` */
export function formatSeconds(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds}s`;
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, '0')}m`;
}
