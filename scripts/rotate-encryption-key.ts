import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { Interrupted, type StopSignal } from '../src/cli/exit-code.ts';
import { main } from '../src/cli/main.ts';

// Most of what a run allocates is garbage at once: collecting it sooner keeps the process below 200 MB, and costs next to no time.
for (const flag of ['--heap-growing-percent=50', '--semi-space-growth-factor=1']) setFlagsFromString(flag);

const interruption = new AbortController();
const signals: StopSignal[] = ['SIGHUP', 'SIGINT', 'SIGTERM'];

for (const signal of signals) {
  process.once(signal, () => {
    interruption.abort(new Interrupted(signal));
    // From here on a second signal, of any kind, ends the process at once.
    for (const each of signals) process.removeAllListeners(each);
  });
}

process.exitCode = await main({
  argv: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  interruption: interruption.signal,
});
