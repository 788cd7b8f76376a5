import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OwnServer, startOwnServer } from '../support/server/own-server.ts';
import { countBySequentialScan } from '../support/table/sequential-scan.ts';
import { environment, newKeys, plant } from '../support/table/witness.ts';
import { runHere } from '../support/tool/run-here.ts';
import { workFolder } from '../support/tool/run-tool.ts';

const ROWS = 10;
const keys = newKeys();
const backup = path.join(workFolder, 'made-on-the-primary');
let own: OwnServer;
let env: Record<string, string>;

beforeAll(async () => {
  own = await startOwnServer();
  env = environment(keys, own.url);
  await plant(own.connect(), keys, ROWS);
  const { code, stderr } = await runHere(['--backup', backup], env);
  expect(code, stderr).toBe(0);
  // Stopped, it becomes a standby that has replayed all that there is: https://www.postgresql.org/docs/current/warm-standby.html
  await own.server.halt();
  writeFileSync(path.join(own.server.folder, 'data', 'standby.signal'), '');
  await own.server.start();
});

afterAll(() => own.stop());

describe('a standby', () => {
  it.each([[[]], [['--rollback']], [['--batch-size', '500']], [['verify']], [['restore', backup]]])(
    'is refused with exit 4, and the primary is asked for: %j',
    async (args) => {
      const { code, stdout, stderr } = await runHere(args, env);
      expect(code, stderr).toBe(4);
      expect(stderr).toContain('error: database application is on a standby, which may lag behind and accepts no writes');
      expect(stderr).toContain('hint: point DATABASE_URL at the primary (on a standby, only --dry-run and status work)');
      expect(stdout).not.toContain('retire the old key');
      expect(await countBySequentialScan(own.url, 'user_api_keys', keys)).toEqual({ old: 0, new: ROWS, neither: 0 });
    },
  );

  it('can be asked for its status, with a warning', async () => {
    const { code, stdout, stderr } = await runHere(['status'], env);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('every row is under the new key');
    expect(stderr).toContain(
      'warning: this server is a standby: it may lag behind, and does not show whether a rotation is running on the primary',
    );
  });

  it.each([[['--dry-run']], [['--dry-run', '--rollback']], [['restore', '--dry-run', backup]]])(
    'can be looked at, with a warning: %j',
    async (args) => {
      const { code, stderr } = await runHere(args, env);
      expect(code, stderr).toBe(0);
      expect(stderr).toContain('warning: this server is a standby: it may lag behind; a real run has to connect to the primary');
    },
  );
});
