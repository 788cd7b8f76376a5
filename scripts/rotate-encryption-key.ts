import process from 'node:process';
import { encryptedFields } from '../src/database/generated/encrypted-fields.ts';
import { main } from '../src/main.ts';
import { EXIT, Interrupted, type StopSignal } from '../src/report/exit-code.ts';

/** Restores line wrapping, which the progress bar switched off (xterm's DECAWM). */
const WRAP_LINES = '\u001b[?7h\n';
/** How often it is seen whether the process can end, once the work is done. */
const END_MS = 1000;

// The SDK of AWS would warn on Node 20, which npm does as well, in the middle of the output of a run.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
// Node 20 has no navigator, later versions do. Without it, pg (8.23) tells by a Response whether it is on Cloudflare: that loads all of fetch.
if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: { userAgent: `Node.js/${process.versions.node}` } });

const interruption = new AbortController();
const signals: StopSignal[] = ['SIGHUP', 'SIGINT', 'SIGTERM'];

for (const signal of signals) {
  process.on(signal, () => {
    // The work is done, and only a reader of the output that does not read keeps the process alive: exit as the run ended.
    if (process.exitCode !== undefined) process.exit();
    // The second signal ends the process at once. By hand, since signals have no default action for the first process of a container.
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
  encryptedFields,
  stdin: () => process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  interruption: interruption.signal,
});

// What a source of keys left behind may keep the process alive, such as a program that the SDK of AWS asks for credentials and that never
// ends. Output that nobody has read yet is waited for.
setInterval(() => {
  if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit();
}, END_MS).unref();
