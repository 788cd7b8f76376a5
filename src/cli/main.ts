import { parseCommandLine, type RunInvocation } from './command-line.ts';
import type { Environment } from './environment.ts';
import { EXIT } from './exit-code.ts';
import { createOutput, type Output, type OutputStream } from './output.ts';
import { outputFileProblem, writeFileAtomically } from './output-file.ts';
import { printableJson } from './printable.ts';
import { UsageError } from './usage-error.ts';
import { bugHeadline } from './wording.ts';

/** What the process gives to the tool. */
export interface Host {
  /** The arguments, without node and the script. */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Aborted, with an Interrupted as reason, when a signal asks the run to stop. */
  readonly interruption: AbortSignal;
}

/**
 * The whole tool.
 *
 * @returns the exit code. Never rejects.
 */
export async function main(host: Host): Promise<number> {
  // A reader that went away must not stop a rotation.
  for (const stream of [host.stdout, host.stderr]) stream.on('error', () => {});
  try {
    const invocation = parseCommandLine(host.argv);
    switch (invocation.command) {
      case 'print':
        host.stdout.write(`${invocation.text}\n`);
        return EXIT.done;
      case 'generate-key': {
        const { generateKey } = await import('./generate-key.ts');
        const note = invocation.out !== null || host.stderr.isTTY === true;
        generateKey(invocation.out, note, createOutput({ ...host, color: useColor(host), quiet: false }));
        return EXIT.done;
      }
      default:
        return await run(invocation, host);
    }
  } catch (error) {
    const output = createOutput({ ...host, color: useColor(host), quiet: false });
    if (error instanceof UsageError) {
      for (const problem of error.problems) output.error(problem);
      return EXIT.usage;
    }
    output.error({ message: bugHeadline(error), hint: 'nothing was written; report it with this line' });
    return EXIT.bug;
  }
}

async function run(invocation: RunInvocation, host: Host): Promise<number> {
  const { options } = invocation;
  const output = createOutput({ ...host, color: useColor(host), quiet: options.quiet === true });
  // Loaded here, not above: Prisma and zod take longer to load than `--help` takes to answer.
  const [{ withEnvFile }, { checkConfig }] = await Promise.all([import('./environment.ts'), import('./config.ts')]);
  const config = checkConfig(invocation, withEnvFile(host.env, options.envFile));
  checkOutputFiles(invocation);
  const [{ runCommand }, { createObserver }, { formatSummary }] = await Promise.all([
    import('./run-command.ts'),
    import('./observer.ts'),
    import('./summary.ts'),
  ]);
  const observer = createObserver(output, host.stderr, options);
  const report = await runCommand(config, output, observer, host.interruption);
  const json = printableJson(JSON.stringify(report, null, 2));
  const summarized = options.json !== true && options.quiet !== true;
  if (options.json) output.result(json);
  if (summarized) output.result(formatSummary(report, useColor(host), host.stdout.columns));
  if (options.report !== undefined) writeReport(options.report, json, output);
  // On a terminal the summary has just said both.
  const read = summarized && host.stdout.isTTY === true && host.stderr.isTTY === true;
  if (report.exitCode !== EXIT.done && !read) output.error({ message: report.summary, hint: report.nextSteps[0] ?? '' });
  return report.exitCode;
}

function checkOutputFiles({ command, options }: RunInvocation): void {
  const problems = [
    options.report === undefined ? null : outputFileProblem('--report', options.report, true),
    command === 'rotate' && options.backup !== undefined ? outputFileProblem('--backup', options.backup, false) : null,
  ].filter((problem) => problem !== null);
  if (problems.length > 0) throw new UsageError(problems);
}

/** The work is done, whatever becomes of its report: a report that cannot be written changes no exit code. */
function writeReport(file: string, json: string, output: Output): void {
  try {
    writeFileAtomically(file, `${json}\n`);
  } catch {
    output.warn(`the report ${file} could not be written; with --json it goes to stdout`);
  }
}

function useColor({ env, stdout, stderr }: Host): boolean {
  return (env['NO_COLOR'] ?? '') === '' && stdout.isTTY === true && stderr.isTTY === true;
}
