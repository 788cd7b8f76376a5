import { Presets, SingleBar } from 'cli-progress';
import type { OutputStream } from './output.ts';
import { formatSeconds, type Progress, snapshot } from './progress.ts';

/** 80 columns hold the line of a table of a million rows. */
const BAR_COLUMNS = 10;

/** A bar, for a terminal. The cursor stays visible: a run that is killed could not bring it back. */
export function createBar(stderr: OutputStream): Progress {
  const format = '{title} [{bar}] {percentage}% | {value}/{total} rows | {rate} rows/s | {left} left';
  const options = { format, stream: stderr, barsize: BAR_COLUMNS, clearOnComplete: true, gracefulExit: false, fps: 10 };
  const bar = new SingleBar(options, Presets.rect);
  let total = 0;
  let start = 0;
  return {
    begin: (phase, field, expected) => {
      const title = field === null ? phase.padEnd(9) : `${phase} ${field}`;
      bar.start(expected, 0, { title, rate: '-', left: '-' });
      total = expected;
      start = performance.now();
    },
    update: (done) => {
      const { rowsPerSecond, secondsLeft } = snapshot(done, total, (performance.now() - start) / 1000);
      bar.update(Math.min(done, total), { rate: rowsPerSecond, left: secondsLeft === null ? '-' : formatSeconds(secondsLeft) });
    },
    end: () => bar.stop(),
  };
}
