export const SCRIPT = 'npx tsx scripts/rotate-encryption-key.ts';

/** What `--help` prints; the README shows the same, and 80 columns hold it. */
export const HELP = `\
Usage: ${SCRIPT} [command] [options]

Moves every encrypted API key in a Postgres table from an old AES-256-GCM key
to a new one, row by row, and proves it. Stop the services that write to the
table first. A run that stopped anywhere is finished by running it again.

Commands:
  rotate                preflight, rotate, verify (the default command)
  verify                check that every row opens under NEW_ENCRYPTION_KEY;
                        needs no old key
  restore FILE          put back the values that a --backup file holds; needs
                        no key
  generate-key          print a new key; with --out FILE write it to FILE

Options of rotate:
  --dry-run             preflight only: count the rows under each key, say what
                        a run would do and how it would end; write nothing
                        (restore has it too)
  --rollback            the other way: from NEW_ENCRYPTION_KEY back to
                        OLD_ENCRYPTION_KEY
  --batch-size N        rows per UPDATE statement, 1 to 5000 (default 1, the
                        easiest to reason about; 500 is many times faster)
  --skip-unreadable     rotate the other rows although some open under neither
                        key; still exits 3
  --backup FILE         before each write, put the old value and the new one
                        into FILE, which must not exist

Options of rotate, verify and restore:
  --json                print the report as JSON instead of the summary
  --report FILE         write the same JSON to FILE
  --verbose             print a line per row
  --quiet               print nothing but warnings, errors and the JSON report
  --env-file FILE       read variables that are not set from FILE (default .env)
  --help, --version

Environment:
  OLD_ENCRYPTION_KEY    64 hex characters; or OLD_ENCRYPTION_KEY_FILE, the path
                        of a file that holds them
  NEW_ENCRYPTION_KEY    the same; or NEW_ENCRYPTION_KEY_FILE
  DATABASE_URL          postgresql://user:password@host:port/database; or
                        DATABASE_URL_FILE

Exit codes:
  0  every row is under the new key    4  the database failed, or a row did
  1  a bug in the tool                 5  another rotation is running
  2  usage or configuration            6  verification failed: keep the old key
  3  rows that neither key opens       129, 130, 143  stopped by a signal
After 4, 129, 130 and 143 run the same command again: it goes on where it
stopped.`;
