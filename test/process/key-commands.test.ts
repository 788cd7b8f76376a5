import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { passphrase, printing, program } from '../support/keys/commands.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runTool, type ToolEnv, workFolder } from '../support/tool/run-tool.ts';

const oldKey = secret(newKey());
const freshKey = secret(newKey());
/** Nothing listens there: a run that has its keys ends with exit code 4. */
const DATABASE_URL = 'postgresql://app@127.0.0.1:1/app';

/** Runs a verification whose key a command gives. */
const verify = (command: string, env: ToolEnv = {}) =>
  runTool(['verify'], { DATABASE_URL, NEW_ENCRYPTION_KEY_COMMAND: command, ...env });

describe('a command that gives a key', () => {
  it.each([
    ['with a newline', `${freshKey}\n`],
    ['with the newline of Windows', `${freshKey}\r\n`],
    ['without one', freshKey],
    ['in another notation', `base64:${Buffer.from(freshKey, 'hex').toString('base64')}\n`],
  ])('gives it %s', async (_title, text) => {
    const { code, stderr } = await verify(program('gives', printing(text)));
    expect(code, stderr).toBe(4);
  });

  it('gives a whole list', async () => {
    const command = program('list', printing(`${freshKey}\n${oldKey}\n`));
    const { code, stderr } = await runTool(['--dry-run'], {
      DATABASE_URL,
      ENCRYPTION_KEYS_COMMAND: command,
    });
    expect(code, stderr).toBe(4);
  });

  it('gets the environment without keys and databases, and its stderr is shown as it is', async () => {
    const code = `for (const [name, value] of Object.entries(process.env)) console.error(name + '=' + value);${printing(freshKey)}`;
    const { stderr } = await verify(program('env', code), {
      ...{ PIN: '4711', NEW_ENCRYPTION_KEY_OTHER: 'kept', DATABASE_STATEMENT_TIMEOUT_MS: '7', PGPASSWORD: passphrase },
    });
    expect(stderr).toContain('PIN=4711\n');
    expect(stderr).toContain('NEW_ENCRYPTION_KEY_OTHER=kept\n');
    expect(stderr).not.toMatch(/^(NEW_ENCRYPTION_KEY_COMMAND|DATABASE_\w*|PGPASSWORD)=/mu);
  });

  it('is found in the PATH', async () => {
    program('on-the-path', printing(freshKey));
    const { code, stderr } = await verify(JSON.stringify(['on-the-path']), { PATH: `${workFolder}:${process.env['PATH']}` });
    expect(code, stderr).toBe(4);
  });

  it('is asked at the same time as the others: each may wait until the other runs', async () => {
    const meet = (own: string, other: string, key: string) =>
      program(
        own,
        `const fs = require('node:fs'); fs.writeFileSync('is-${own}', '');
         const seen = setInterval(() => { if (fs.existsSync('is-${other}')) { clearInterval(seen); ${printing(key)} } }, 5);`,
      );
    const { code, stderr } = await runTool(['--dry-run'], {
      DATABASE_URL,
      OLD_ENCRYPTION_KEY_COMMAND: meet('one', 'two', oldKey),
      NEW_ENCRYPTION_KEY_COMMAND: meet('two', 'one', freshKey),
    });
    expect(code, stderr).toBe(4);
  });
});
