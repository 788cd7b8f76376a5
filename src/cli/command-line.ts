import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { HELP } from './help.ts';
import { type Problem, UsageError } from './usage-error.ts';

export const VERSION: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

export interface RunOptions {
  /** File for the JSON report. */
  readonly report?: string;
  /** Undefined: `.env`, if there is one. */
  readonly envFile?: string;
  readonly json?: true;
  readonly verbose?: true;
  readonly quiet?: true;
}

interface RotateOptions extends RunOptions {
  readonly dryRun?: true;
  readonly rollback?: true;
  readonly skipUnreadable?: true;
  /** Rows per statement. */
  readonly batchSize: number;
  readonly backup?: string;
}

interface RestoreOptions extends RunOptions {
  readonly dryRun?: true;
}

/** A command that needs the database. */
export type RunInvocation =
  | { readonly command: 'rotate'; readonly options: RotateOptions }
  | { readonly command: 'verify'; readonly options: RunOptions }
  | { readonly command: 'restore'; readonly file: string; readonly options: RestoreOptions };

/** What the command line asks for. */
export type Invocation =
  | RunInvocation
  | { readonly command: 'generate-key'; readonly out: string | null }
  | { readonly command: 'print'; readonly text: string };

const COMMANDS = ['rotate', 'verify', 'restore', 'generate-key'];
/** The options that are there or not. */
const SWITCHES = ['--dry-run', '--rollback', '--skip-unreadable', '--json', '--verbose', '--quiet'];
const MAX_BATCH_ROWS = 5000;
const HINT = '--help lists the commands and their options';

/**
 * Reads the arguments: an unknown flag, a stray word and a contradictory pair are refused.
 *
 * @param argv - the arguments, without node and the script
 * @throws UsageError, which quotes no argument that could be a secret in the wrong place
 */
export function parseCommandLine(argv: readonly string[]): Invocation {
  if (argv.includes('--help') || argv.includes('-h')) return { command: 'print', text: HELP };
  if (argv.includes('--version') || argv.includes('-V')) return { command: 'print', text: VERSION };

  let invocation: Invocation | null = null;
  const program = new Command()
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  const addCommand = (name: string) => program.command(name, { isDefault: name === 'rotate' }).helpOption(false);
  const addRunCommand = (name: string) =>
    addCommand(name).option('--report <file>').option('--json').option('--verbose').option('--quiet').option('--env-file <file>');

  addRunCommand('rotate')
    .option('--dry-run')
    .option('--rollback')
    .option('--skip-unreadable')
    .option('--batch-size <rows>', '', parseBatchSize, 1)
    .option('--backup <file>')
    .action((options: RotateOptions) => {
      invocation = { command: 'rotate', options };
    });
  addRunCommand('verify').action((options: RunOptions) => {
    invocation = { command: 'verify', options };
  });
  addRunCommand('restore')
    .argument('<file>')
    .option('--dry-run')
    .action((file: string, options: RestoreOptions) => {
      invocation = { command: 'restore', file, options };
    });
  addCommand('generate-key')
    .option('--out <file>')
    .action(({ out }: { out?: string }) => {
      invocation = { command: 'generate-key', out: out ?? null };
    });

  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    throw error instanceof CommanderError ? new UsageError([explain(error, argv)]) : error;
  }
  return checkPairs(invocation ?? { command: 'print', text: HELP });
}

function parseBatchSize(text: string): number {
  if (!/^[1-9][0-9]{0,3}$/u.test(text) || Number(text) > MAX_BATCH_ROWS) throw new InvalidArgumentError('');
  return Number(text);
}

function checkPairs(invocation: Invocation): Invocation {
  if ('options' in invocation && invocation.options.quiet && invocation.options.verbose) {
    throw new UsageError([{ message: '--quiet and --verbose contradict each other', hint: 'leave one of them out' }]);
  }
  if (invocation.command === 'rotate' && invocation.options.dryRun && invocation.options.backup !== undefined) {
    throw new UsageError([
      { message: '--dry-run writes nothing, so there is nothing to --backup', hint: 'leave one of them out' },
    ]);
  }
  return invocation;
}

/** Commander quotes what it does not understand. Here that may be a key: only what looks like a mistyped word is repeated. */
function explain(error: CommanderError, argv: readonly string[]): Problem {
  const [flag] = /(?<=')--?[a-z][a-z-]{0,29}(?=[='])/u.exec(error.message) ?? [''];
  const [suggestion] = /(?<=Did you mean )--[a-z-]+/u.exec(error.message) ?? [];
  switch (error.code) {
    case 'commander.unknownOption': {
      const command = COMMANDS.find((name) => argv[0] === name) ?? 'rotate';
      if (SWITCHES.includes(flag) && argv.some((word) => word.startsWith(`${flag}=`)))
        return { message: `${flag} takes no value`, hint: HINT };
      return {
        message: `unknown option ${flag} for ${command}`.replace('  ', ' '),
        hint: suggestion ? `did you mean ${suggestion}? ${HINT}` : HINT,
      };
    }
    case 'commander.optionMissingArgument':
      return { message: `option ${/--[a-z-]+/u.exec(error.message)?.[0] ?? ''} needs a value`, hint: HINT };
    case 'commander.missingArgument':
      return { message: 'restore needs the backup file', hint: 'restore FILE, as rotate --backup FILE wrote it' };
    case 'commander.invalidArgument':
      return {
        message: `--batch-size is not a whole number from 1 to ${MAX_BATCH_ROWS}`,
        hint: 'leave it out to write row by row',
      };
    default: {
      const stray = argv.find(
        (word) => /^[a-z][a-z-]{0,19}$/u.test(word) && !/^[0-9a-f]+$/u.test(word) && !COMMANDS.includes(word),
      );
      const late = argv.slice(1).find((word) => COMMANDS.includes(word));
      if (late !== undefined) return { message: `${late} has to come first`, hint: `${late}, then its options; ${HINT}` };
      const what = COMMANDS.includes(argv[0] ?? '') ? 'unexpected word' : 'unknown command';
      return {
        message: stray === undefined ? 'unexpected word on the command line' : `${what} ${stray}`,
        hint: `keys and urls go into the environment; ${HINT}`,
      };
    }
  }
}
