import { SCRIPT } from '../report/conclusion.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';

/** Where the explanation begins, in columns. */
const INDENT = 24;

/** What `--help` prints; the README shows the same, and it fits 80 columns. */
export const HELP = `\
Usage: ${SCRIPT} [command] [options]

Moves every encrypted value in a Postgres database from an old AES-256-GCM key
to a new one, row by row, and proves it. Stop the services that write to the
tables first, or follow docs/zero-downtime.md. If a run stops, run the same
command again to finish it.

Commands:
${COMMANDS.map((command) => entry(titleOf(command), command.summary)).join('\n')}
COMMAND --help lists the options of a command; --version prints the version.

Environment:
  OLD_ENCRYPTION_KEY    64 hex characters; or OLD_ENCRYPTION_KEY_FILE, the path
                        of a file that holds them
  NEW_ENCRYPTION_KEY    the same; or NEW_ENCRYPTION_KEY_FILE
  ENCRYPTION_KEYS       instead of both: any number of keys, of which the first
                        encrypts; other forms and sources: docs/keys.md
  DATABASE_URL          postgresql://user:password@host:port/database; or
                        DATABASE_URL_FILE

Exit codes:
  0  every row is under the new key    5  blocked by another run
  1  a bug in the tool                 6  verification failed: keep the old key
  2  usage or configuration            7  status: due; retire: not yet
  3  unreadable or unregistered values 129, 130, 143  stopped by a signal
  4  the database, a row or the backup failed
After 4, 129, 130 or 143, run the same command again: it continues where it
stopped.`;

/** What `COMMAND --help` prints. */
export function helpOf(command: Command): string {
  const options = command.options.map(({ flag, value, help }) => entry(`--${flag}${value === null ? '' : ` ${value}`}`, help));
  return `\
Usage: ${SCRIPT} ${titleOf(command)} [options]

${entry(titleOf(command), command.summary).trimStart()}

Options:
${options.join('\n')}`;
}

function titleOf({ name, argument }: Command): string {
  if (argument === null) return name;
  const shown = { once: argument.name, 'at most once': `[${argument.name}]`, 'at least once': `${argument.name}…` };
  return `${name} ${shown[argument.times]}`;
}

/** A title that is too long for its column stands on a line of its own. */
function entry(title: string, [first = '', ...others]: readonly string[]): string {
  const indentation = ' '.repeat(INDENT);
  const start = `  ${title}`;
  const gap = start.length < INDENT ? ' '.repeat(INDENT - start.length) : `\n${indentation}`;
  return [`${start}${gap}${first}`, ...others.map((line) => `${indentation}${line}`)].join('\n');
}
