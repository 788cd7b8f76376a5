import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runTool, workFolder } from '../support/tool/run-tool.ts';

describe('generate-key', () => {
  it('prints 64 hex characters and nothing else, different ones each time', async () => {
    const [first, second] = [await runTool(['generate-key']), await runTool(['generate-key'])];
    for (const { code, stdout, stderr } of [first, second]) {
      expect(code).toBe(0);
      expect(stdout).toMatch(/^[0-9a-f]{64}\n$/u);
      expect(stderr).toBe('');
    }
    expect(first.stdout).not.toBe(second.stdout);
  });

  it('writes with --out a key file that only its owner can read, and overwrites none', async () => {
    const file = path.join(workFolder, 'fresh.key');
    const made = await runTool(['generate-key', '--out', file]);
    expect(made).toMatchObject({ code: 0, stdout: '' });
    expect(made.stderr).toMatch(/fingerprint [0-9a-f]{16}\n/u);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const written = readFileSync(file, 'utf8');
    expect(written).toMatch(/^[0-9a-f]{64}\n$/u);
    const again = await runTool(['generate-key', '--out', file]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('already exists');
    expect(readFileSync(file, 'utf8')).toBe(written);
    const { code } = await runTool(['verify'], {
      NEW_ENCRYPTION_KEY_FILE: file,
      DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none',
    });
    expect(code).toBe(4);
  });

  it('accepts no option of the other commands', async () => {
    expect((await runTool(['generate-key', '--json'])).code).toBe(2);
  });
});
