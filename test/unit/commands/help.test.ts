import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/commands/commands.ts';
import { HELP, helpOf } from '../../../src/commands/help.ts';

describe('the help', () => {
  it.each([['all commands', HELP], ...COMMANDS.map((command) => [command.name, helpOf(command)])])(
    'of %s fits 80 columns',
    (_title, text) => {
      for (const line of text?.split('\n') ?? []) expect(line.length, line).toBeLessThanOrEqual(80);
    },
  );

  it('lists every command, and of a command every option', () => {
    for (const command of COMMANDS) {
      expect(HELP).toMatch(new RegExp(`^  ${command.name} `, 'mu'));
      for (const { flag } of command.options) expect(helpOf(command)).toMatch(new RegExp(`^  --${flag} `, 'mu'));
    }
  });
});
