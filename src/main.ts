import type { Host } from './commands/command.ts';
import { parseCommandLine } from './commands/command-line.ts';
import { HELP, helpOf } from './commands/help.ts';
import { EXIT, type ExitCode, Interrupted } from './report/exit-code.ts';
import { bugHeadline } from './report/wording.ts';
import { createOutput } from './terminal/output.ts';
import { UsageError } from './text/problem.ts';
import { VERSION } from './version.ts';

/**
 * The whole tool.
 *
 * @returns the exit code. Never rejects.
 */
export async function main(host: Host): Promise<ExitCode> {
  // A closed pipe must not stop a rotation.
  for (const stream of [host.stdout, host.stderr]) stream.on('error', () => {});
  try {
    return await dispatch(host);
  } catch (error) {
    const output = createOutput(host, false);
    if (error instanceof UsageError) {
      for (const problem of error.problems) output.error(problem);
      return EXIT.usage;
    }
    if (error instanceof Interrupted) {
      output.error({ message: `${error.message}; nothing was written`, hint: 'run the same command again' });
      return EXIT[error.signal];
    }
    output.error({
      message: bugHeadline(error),
      hint: 'please report this bug, and include the error and location above; --dry-run shows what state the table is in',
    });
    return EXIT.bug;
  }
}

async function dispatch(host: Host): Promise<ExitCode> {
  const invocation = parseCommandLine(host.argv);
  switch (invocation.kind) {
    case 'help':
      host.stdout.write(`${invocation.command === null ? HELP : helpOf(invocation.command)}\n`);
      return EXIT.done;
    case 'version':
      host.stdout.write(`${VERSION}\n`);
      return EXIT.done;
    case 'command': {
      const run = await invocation.command.load();
      return run(invocation.given, host);
    }
    default:
      return invocation satisfies never;
  }
}
