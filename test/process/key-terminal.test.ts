import { readFileSync } from 'node:fs';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { at, program } from '../support/keys/commands.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { isInstalled, sayIfMissing } from '../support/keys/program.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { startTool } from '../support/tool/run-tool.ts';

// A terminal of util-linux's script: macOS has another program of that name.
const hasScript = process.platform === 'linux' && isInstalled('script', '--version');
sayIfMissing(hasScript, 'key-terminal', "util-linux's script is not on this machine");

const [oldKey, freshKey] = [secret(newKey()), secret(newKey())];

/** @returns a command that asks for a PIN before it prints a key, and notes when it begins and ends */
function asking(name: string, key: string): string {
  return program(
    name,
    `const note = (text) => require('node:fs').appendFileSync('order', text + ' ');
    note('begin');
    process.stderr.write('terminal: ' + process.stdin.isTTY + ', PIN? ');
    process.stdin.once('data', (text) => {
      console.log(String(text).trim() === '4711' ? '${key}' : 'wrong');
      note('end');
      process.exit();
    });`,
  );
}

describe.skipIf(!hasScript)('commands on a terminal', () => {
  it('ask for their PINs one after the other, and give the keys', async () => {
    // It takes the command as one text, for a shell.
    const script = `exec script --quiet --return --echo never /dev/null --command "$(printf "'%s' " "$@")"`;
    const { child, end } = startTool(
      ['--dry-run'],
      {
        OLD_ENCRYPTION_KEY_COMMAND: asking('old', oldKey),
        NEW_ENCRYPTION_KEY_COMMAND: asking('new', freshKey),
        DATABASE_URL: 'postgresql://app@127.0.0.1:1/app',
      },
      ['pipe', 'pipe', 'pipe'],
      ['sh', '-c', script, 'sh'],
    );
    child.stdout?.on('data', (text: Buffer) => {
      if (text.toString().includes('PIN? ')) child.stdin?.write('4711\n');
    });
    const { code, stdout } = await end;
    expect(stdout).toContain('terminal: true, PIN? ');
    expect(stdout).toContain(`keys      old ${fingerprintOf(oldKey)}, new ${fingerprintOf(freshKey)}`);
    expect(readFileSync(at('order'), 'utf8')).toBe('begin end begin end ');
    expect(code).toBe(4);
  });
});
