import { describe, expect, it } from 'vitest';
import { parseCommandLine, VERSION } from '../../../src/cli/command-line.ts';
import { HELP } from '../../../src/cli/help.ts';
import { UsageError } from '../../../src/cli/usage-error.ts';
import { newKey } from '../../support/application.ts';

const HINT = '--help lists the commands and their options';
const ROTATE = { command: 'rotate', options: { batchSize: 1 } };

function refusal(argv: readonly string[]): UsageError {
  try {
    parseCommandLine(argv);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  return expect.fail(`accepted: ${argv.join(' ')}`);
}

describe('the command line', () => {
  it.each<[argv: string, invocation: object]>([
    ['', ROTATE],
    ['rotate', ROTATE],
    ['--dry-run', { command: 'rotate', options: { batchSize: 1, dryRun: true } }],
    [
      'rotate --rollback --skip-unreadable',
      { command: 'rotate', options: { batchSize: 1, rollback: true, skipUnreadable: true } },
    ],
    ['--batch-size 1', ROTATE],
    ['--batch-size 500', { command: 'rotate', options: { batchSize: 500 } }],
    ['--batch-size=5000', { command: 'rotate', options: { batchSize: 5000 } }],
    ['--backup keys.jsonl', { command: 'rotate', options: { batchSize: 1, backup: 'keys.jsonl' } }],
    ['--json --verbose', { command: 'rotate', options: { batchSize: 1, json: true, verbose: true } }],
    ['--env-file prod.env --quiet', { command: 'rotate', options: { batchSize: 1, envFile: 'prod.env', quiet: true } }],
    ['verify', { command: 'verify', options: {} }],
    ['verify --json --report r.json', { command: 'verify', options: { json: true, report: 'r.json' } }],
    ['restore keys.jsonl --dry-run', { command: 'restore', file: 'keys.jsonl', options: { dryRun: true } }],
    ['generate-key', { command: 'generate-key', out: null }],
    ['generate-key --out key', { command: 'generate-key', out: 'key' }],
    ['--help', { command: 'print', text: HELP }],
    ['-h', { command: 'print', text: HELP }],
    ['verify --help', { command: 'print', text: HELP }],
    ['--nonsense --help', { command: 'print', text: HELP }],
    ['--version', { command: 'print', text: VERSION }],
    ['-V', { command: 'print', text: VERSION }],
  ])('understands "%s"', (argv, invocation) => {
    expect(parseCommandLine(argv.split(' ').filter(Boolean))).toEqual(invocation);
  });

  it.each<[argv: string, message: string, hint: string]>([
    ['--dry-rum', 'unknown option --dry-rum for rotate', `did you mean --dry-run? ${HINT}`],
    ['--force', 'unknown option --force for rotate', HINT],
    ['-x', 'unknown option -x for rotate', HINT],
    ['verify --dry-run', 'unknown option --dry-run for verify', HINT],
    ['verify --batch-size 5', 'unknown option --batch-size for verify', HINT],
    ['restore f --rollback', 'unknown option --rollback for restore', HINT],
    ['--env-file', 'option --env-file needs a value', HINT],
    ['--batch-size', 'option --batch-size needs a value', HINT],
    ['restore', 'restore needs the backup file', 'restore FILE, as rotate --backup FILE wrote it'],
    ['migrate', 'unknown command migrate', `keys and urls go into the environment; ${HINT}`],
    ['rotate now', 'unexpected word now', `keys and urls go into the environment; ${HINT}`],
    ['restore f extra', 'unexpected word extra', `keys and urls go into the environment; ${HINT}`],
    ['--json verify', 'verify has to come first', `verify, then its options; ${HINT}`],
    ['--rollback=yes', '--rollback takes no value', HINT],
    ['--quiet --verbose', '--quiet and --verbose contradict each other', 'leave one of them out'],
    ['verify --quiet --verbose', '--quiet and --verbose contradict each other', 'leave one of them out'],
    ['--dry-run --backup f', '--dry-run writes nothing, so there is nothing to --backup', 'leave one of them out'],
  ])('refuses "%s"', (argv, message, hint) => {
    expect(refusal(argv.split(' ')).problems).toEqual([{ message, hint }]);
  });

  it.each(['0', '5001', '-1', '1.5', '1e3', '0x10', '01', ' 5', '５', 'all', ''])('refuses "%s" as a batch size', (size) => {
    expect(refusal([`--batch-size=${size}`]).message).toBe('--batch-size is not a whole number from 1 to 5000');
  });

  it('repeats no key, password or url that stands there by mistake', () => {
    const key = newKey();
    for (const argv of [
      [key],
      [key.slice(0, 20)],
      [`--old-key=${key}`],
      [`--${key}`],
      ['--old-key', key],
      ['verify', key],
      ['rotate', 'postgres://user:hunter2-hunter2@host/db'],
      [`--batch-size=${key}`],
      ['--dry-run', key.toUpperCase()],
    ]) {
      const { message, problems } = refusal(argv);
      const shown = `${message} ${JSON.stringify(problems)}`.toLowerCase();
      expect(shown).not.toContain(key.slice(0, 20));
      expect(shown).not.toContain('hunter2');
    }
  });
});
