import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { isInstalled, sayIfMissing } from '../support/keys/program.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { startTool, workFolder } from '../support/tool/run-tool.ts';

// A terminal of util-linux's script: macOS has another program of that name.
const hasScript = process.platform === 'linux' && isInstalled('script', '--version');
sayIfMissing(hasScript, 'key-terminal', "util-linux's script is not on this machine");

const hex = secret(newKey());
const asks = path.join(workFolder, 'asks');
writeFileSync(
  asks,
  `#!${process.execPath}
process.stderr.write('terminal: ' + process.stdin.isTTY + ', PIN? ');
process.stdin.once('data', (text) => { console.log(String(text).trim() === '4711' ? '${hex}' : 'wrong'); process.exit(); });
`,
);
chmodSync(asks, 0o755);

describe.skipIf(!hasScript)('a command on a terminal', () => {
  it('can ask for a PIN, and gives the key', async () => {
    // It takes the command as one text, for a shell.
    const script = `exec script --quiet --return --echo never /dev/null --command "$(printf "'%s' " "$@")"`;
    const { child, end } = startTool(
      ['verify'],
      { NEW_ENCRYPTION_KEY_COMMAND: JSON.stringify([asks]), DATABASE_URL: 'postgresql://app@127.0.0.1:1/app' },
      ['pipe', 'pipe', 'pipe'],
      ['sh', '-c', script, 'sh'],
    );
    child.stdout?.on('data', (text: Buffer) => {
      if (text.toString().includes('PIN? ')) child.stdin?.write('4711\n');
    });
    const { code, stdout } = await end;
    expect(stdout).toContain('terminal: true, PIN? ');
    expect(stdout).toContain(`keys      new ${fingerprintOf(hex)}`);
    expect(code).toBe(4);
  });
});
