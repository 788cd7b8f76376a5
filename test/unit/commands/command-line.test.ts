import { describe, expect, it } from 'vitest';
import { type Invocation, parseCommandLine } from '../../../src/commands/command-line.ts';
import { UsageError } from '../../../src/text/problem.ts';
import { newKey } from '../../support/application/application.ts';
import { given } from './given.ts';

const HINT = '--help lists the commands, COMMAND --help their options';

/** @returns the invocation with the options that are given: true for one without a value */
function shown(invocation: Invocation): object {
  if (invocation.kind === 'version') return invocation;
  if (invocation.kind === 'help') return { help: invocation.command?.name ?? null };
  const { command, given } = invocation;
  const options = Object.fromEntries(
    command.options.filter(({ flag }) => given.has(flag)).map(({ flag, value }) => [flag, value === null || given.value(flag)]),
  );
  const [argument, ...others] = given.arguments;
  expect(given.argument).toBe(argument ?? '');
  const words = others.length > 0 ? { arguments: given.arguments } : { ...(argument !== undefined && { argument }) };
  return { command: command.name, ...options, ...words };
}

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
    ['', { command: 'rotate' }],
    ['rotate', { command: 'rotate' }],
    ['--dry-run', { command: 'rotate', 'dry-run': true }],
    ['rotate --rollback --skip-unreadable', { command: 'rotate', rollback: true, 'skip-unreadable': true }],
    ['--batch-size 1', { command: 'rotate', 'batch-size': '1' }],
    ['--batch-size 500', { command: 'rotate', 'batch-size': '500' }],
    ['--batch-size=5000', { command: 'rotate', 'batch-size': '5000' }],
    ['--backup keys.jsonl', { command: 'rotate', backup: 'keys.jsonl' }],
    ['--backup=keys=1.jsonl', { command: 'rotate', backup: 'keys=1.jsonl' }],
    ['--backup=--odd', { command: 'rotate', backup: '--odd' }],
    ['--json --verbose', { command: 'rotate', json: true, verbose: true }],
    ['--env prod.env --quiet', { command: 'rotate', env: 'prod.env', quiet: true }],
    ['verify', { command: 'verify' }],
    ['verify --json --report r.json', { command: 'verify', json: true, report: 'r.json' }],
    ['restore keys.jsonl --dry-run', { command: 'restore', 'dry-run': true, argument: 'keys.jsonl' }],
    ['restore --dry-run keys.jsonl', { command: 'restore', 'dry-run': true, argument: 'keys.jsonl' }],
    ['restore verify', { command: 'restore', argument: 'verify' }],
    ['restore -- --keys.jsonl', { command: 'restore', argument: '--keys.jsonl' }],
    ['generate-key', { command: 'generate-key' }],
    ['generate-key --out key', { command: 'generate-key', out: 'key' }],
    ['escrow split --threshold 2 --to a', { command: 'escrow split', threshold: '2', to: 'a' }],
    ['escrow check', { command: 'escrow check' }],
    ['escrow check --identity me share', { command: 'escrow check', identity: 'me', argument: 'share' }],
    ['escrow recover a --verify b c', { command: 'escrow recover', verify: true, arguments: ['a', 'b', 'c'] }],
    ['escrow recover --help', { help: 'escrow recover' }],
    ['escrow --help', { help: null }],
    ['--help', { help: null }],
    ['-h', { help: null }],
    ['verify --help', { help: 'verify' }],
    ['restore -h', { help: 'restore' }],
    ['--nonsense --help', { help: null }],
    ['--version', { kind: 'version' }],
    ['-V', { kind: 'version' }],
  ])('understands "%s"', (argv, invocation) => {
    expect(shown(parseCommandLine(argv.split(' ').filter(Boolean)))).toEqual(invocation);
  });

  it.each([
    ['', []],
    ['--ignore a.x', ['a.x']],
    ['--ignore a.x --dry-run --ignore=b.y --ignore a.x', ['a.x', 'b.y', 'a.x']],
  ])(
    'keeps every value of an option that is given several times, and takes the last one where one is asked for: "%s"',
    (argv, values) => {
      const options = given(argv);
      expect(options.values('ignore')).toEqual(values);
      expect(options.value('ignore')).toBe(values.at(-1) ?? null);
    },
  );

  it.each<[argv: string, message: string, hint: string]>([
    ['--dry-rum', 'unknown option --dry-rum for rotate', HINT],
    ['--env-file f', 'unknown option --env-file for rotate', HINT],
    ['--force', 'unknown option --force for rotate', HINT],
    ['-x', 'unknown option -x for rotate', HINT],
    ['verify --dry-run', 'unknown option --dry-run for verify', HINT],
    ['verify --batch-size 5', 'unknown option --batch-size for verify', HINT],
    ['restore f --rollback', 'unknown option --rollback for restore', HINT],
    ['generate-key --json', 'unknown option --json for generate-key', HINT],
    ['--env', 'option --env needs a value', HINT],
    ['--batch-size', 'option --batch-size needs a value', HINT],
    ['--backup --json', 'option --backup needs a value', HINT],
    ['restore', 'restore needs a FILE', 'restore FILE, a file that rotate --backup wrote'],
    ['escrow', 'escrow has to be followed by one of: split, check, recover', HINT],
    ['escrow --threshold 2', 'escrow has to be followed by one of: split, check, recover', HINT],
    ['escrow chek', 'escrow has to be followed by one of: split, check, recover', HINT],
    ['escrow recover', 'escrow recover needs a FILE', 'escrow recover FILE, the shares, as many as are needed'],
    [
      'escrow check one two',
      'unexpected word two',
      `put a value that has spaces in quotes; set keys and urls in the environment; ${HINT}`,
    ],
    [
      'escrow split a',
      'unexpected word on the command line',
      `put a value that has spaces in quotes; set keys and urls in the environment; ${HINT}`,
    ],
    ['--json escrow check', 'the command escrow has to come first', `escrow, then its options; ${HINT}`],
    [
      'migrate',
      'unknown command migrate',
      `put a value that has spaces in quotes; set keys and urls in the environment; ${HINT}`,
    ],
    ['rotate now', 'unexpected word now', `put a value that has spaces in quotes; set keys and urls in the environment; ${HINT}`],
    [
      'restore f extra',
      'unexpected word extra',
      `put a value that has spaces in quotes; set keys and urls in the environment; ${HINT}`,
    ],
    ['--json verify', 'the command verify has to come first', `verify, then its options; ${HINT}`],
    ['--rollback=yes', '--rollback takes no value', HINT],
  ])('refuses "%s"', (argv, message, hint) => {
    expect(refusal(argv.split(' ')).problems).toEqual([{ message, hint }]);
  });

  it.each<[argv: readonly string[], message: string]>([
    [['escrow', 'check', ''], 'escrow check: the argument FILE is empty'],
    [['escrow', 'recover', 'a', ''], 'escrow recover: the argument FILE is empty'],
    [['restore', ''], 'restore: the argument FILE is empty'],
    [['retire', '--', ''], 'retire: the argument FINGERPRINT is empty'],
    [['escrow', 'split', '--to', ''], 'the value of --to is empty'],
    [['generate-key', '--out='], 'the value of --out is empty'],
    [['--backup', ''], 'the value of --backup is empty'],
  ])('refuses %j, as a shell makes of a variable that is not set', (argv, message) => {
    expect(refusal(argv).problems).toEqual([{ message, hint: 'a shell variable in its place may not be set' }]);
  });

  it('repeats no key, password or url that was typed there by mistake', () => {
    const key = newKey();
    for (const argv of [
      [key],
      [key.slice(0, 20)],
      [`--old-key=${key}`],
      [`--${key}`],
      ['--old-key', key],
      ['verify', key],
      ['rotate', 'postgres://user:hunter2-hunter2@host/db'],
      [`--rollback=${key}`],
      ['--dry-run', key.toUpperCase()],
    ]) {
      const { message, problems } = refusal(argv);
      const said = `${message} ${JSON.stringify(problems)}`.toLowerCase();
      expect(said).not.toContain(key.slice(0, 20));
      expect(said).not.toContain('hunter2');
    }
  });
});
