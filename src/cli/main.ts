import path from 'node:path';
import { parseCommandLine, type RunInvocation } from './command-line.ts';
import type { Environment } from './environment.ts';
import { EXIT } from './exit-code.ts';
import { createOutput, type Output, type OutputStream } from './output.ts';
import { outputFileProblem, writeFileAtomically } from './output-file.ts';
import { printableJson } from './printable.ts';
import type { Report } from './report.ts';
import { UsageError } from './usage-error.ts';
import { bugHeadline } from './wording.ts';

/** How every report begins: only another report is ever replaced by one. */
const REPORT_BEGINS = '{\n  "formatVersion": 1,\n  "runId": "';

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
        await generateKey(invocation.out, note, createOutput({ ...host, color: useColor(host), quiet: false }));
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
    output.error({ message: bugHeadline(error), hint: 'report it with this line; --dry-run says what state the table is in' });
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
  const observer = createObserver(output, host.stderr, options, host.interruption);
  const report = await runCommand(config, output, observer, host.interruption, host.env['PGSSLMODE']);
  const json = printableJson(JSON.stringify(report, null, 2));
  const reported = options.report === undefined || writeReport(options.report, json, output);
  const summarized = options.json !== true && options.quiet !== true;
  if (options.json || !reported) output.result(json);
  if (summarized) output.result(formatSummary(report, useColor(host), host.stdout.columns));
  // On a terminal the summary has just said both.
  const read = summarized && host.stdout.isTTY === true && host.stderr.isTTY === true;
  if (report.exitCode !== EXIT.done && !read) sayFailure(report, output);
  return report.exitCode;
}

/** An interrupt from the keyboard ends also whoever reads stdout: then stderr alone says what state the table is in. */
function sayFailure({ exitCode, summary, details, nextSteps }: Report, output: Output): void {
  const state = exitCode >= EXIT.SIGHUP ? details : [];
  output.error({ message: [summary, ...state].join('; '), hint: nextSteps.join('; ') });
}

function checkOutputFiles({ command, options }: RunInvocation): void {
  const { report } = options;
  const backup = command === 'rotate' ? options.backup : undefined;
  const problems = [
    report === undefined ? null : outputFileProblem('--report', report, REPORT_BEGINS),
    backup === undefined ? null : outputFileProblem('--backup', backup, null),
  ].filter((problem) => problem !== null);
  if (report !== undefined && backup !== undefined && path.resolve(report) === path.resolve(backup)) {
    problems.push({ message: '--report and --backup name the same file', hint: 'name two' });
  }
  if (problems.length > 0) throw new UsageError(problems);
}

/**
 * The work is done, whatever becomes of its report: a report that cannot be written changes no exit code.
 *
 * @returns whether it could be written
 */
function writeReport(file: string, json: string, output: Output): boolean {
  try {
    // Once more: the backup may be there by now, under another name of the same folder.
    if (outputFileProblem('--report', file, REPORT_BEGINS) !== null) throw new Error('not to be replaced');
    writeFileAtomically(file, `${json}\n`);
    return true;
  } catch {
    output.warn(`the report ${file} could not be written: it is on stdout`);
    return false;
  }
}

function useColor({ env, stdout, stderr }: Host): boolean {
  return (env['NO_COLOR'] ?? '') === '' && stdout.isTTY === true && stderr.isTTY === true;
}
