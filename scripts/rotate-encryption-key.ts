import process from 'node:process';
import { main } from '../src/main.ts';
import { EXIT, Interrupted, type StopSignal } from '../src/report/exit-code.ts';

/** Undoes what a progress bar has done to the terminal (xterm's DECAWM). */
const WRAP_LINES = '\u001b[?7h\n';

const interruption = new AbortController();
const signals: StopSignal[] = ['SIGHUP', 'SIGINT', 'SIGTERM'];

for (const signal of signals) {
  process.on(signal, () => {
    // The work is done, and only a reader that does not read keeps the process: its end is that of the run.
    if (process.exitCode !== undefined) process.exit();
    // The second one ends the process at once: by hand, since as the first process of a container it has no default for signals.
    if (interruption.signal.aborted) {
      if (process.stderr.isTTY) process.stderr.write(WRAP_LINES);
      process.exit(EXIT[signal]);
    }
    interruption.abort(new Interrupted(signal));
  });
}

process.exitCode = await main({
  argv: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  interruption: interruption.signal,
});
