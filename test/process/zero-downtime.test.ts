import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newKey, providerKey } from '../support/application/application.ts';
import { Fleet, Replica } from '../support/application/replica.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { useDatabase } from '../support/table/database.ts';
import { copyProject } from '../support/tool/copy-project.ts';
import { expectNoSecret, secret } from '../support/tool/known-secrets.ts';
import { readRunnableBlocks, unmatchedLine } from '../support/tool/runnable-blocks.ts';
import { openShell } from '../support/tool/shell-session.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const document = readFileSync(path.join(root, 'docs', 'zero-downtime.md'), 'utf8');
const blocksOf = (kind: string) =>
  [...document.matchAll(new RegExp(`^\`\`\`${kind}\\n((?:.*\\n)*?)\`\`\`$`, 'gmu'))].map(([, code]) => code ?? '');
const whereGiven = blocksOf('sql').join('');
const registry = readFileSync(path.join(root, 'prisma', 'encryption-keys.sql'), 'utf8');

const database = useDatabase();
secret(database.url);
const oldKey = secret(newKey());

/** The operator's home, and the project in it, with the line of the document in its schema. */
const home = mkdtempSync(path.join(tmpdir(), 'zero-downtime-'));
const project = path.join(home, 'project');
const rotation = (name: string) => path.join(home, 'rotation', name);
const valueOfKeys = () => readFileSync(rotation('keys'), 'utf8');

beforeAll(() => {
  copyProject(project);
  const schema = path.join(project, 'prisma', 'schema.prisma');
  const [line = ''] = blocksOf('prisma');
  writeFileSync(schema, readFileSync(schema, 'utf8').replace('\n  @@map("user_api_keys")', `${line}$&`));
  execFileSync(path.join(root, 'node_modules', '.bin', 'prisma'), ['generate'], { cwd: project, stdio: 'pipe' });
});
beforeEach(async () => {
  rmSync(rotation('.'), { recursive: true, force: true });
  await database.pool.query('ALTER TABLE user_api_keys DROP COLUMN IF EXISTS key_id; DROP TABLE IF EXISTS encryption_keys');
  await database.pool.query(registry);
  await database.pool.query(
    'ALTER TABLE user_api_keys ALTER iv DROP NOT NULL, ALTER content DROP NOT NULL, ALTER tag DROP NOT NULL',
  );
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** The runnable blocks, each with the heading that it is under. */
const blocks = readRunnableBlocks(document).map((block) => {
  const above = document.split('\n').slice(0, block.line - 1);
  return { ...block, heading: above.findLast((line) => /^(?:#|\*\*\d)/u.test(line)) ?? '' };
});

/** @returns the first block with this text */
function blockWith(text: string): string {
  return blocks.find(({ code }) => code.includes(text))?.code ?? expect.fail(`no block with ${text}`);
}

/** What the operator types when a block asks. */
const ANSWERS: Readonly<Record<string, string>> = { key: oldKey, url: database.url };

/** The fourth thing to do before the first time. */
const firstRollout = (fleet: Fleet) => fleet.rollOut(oldKey);

/** What happens around the blocks under some headings: before them, or while they run. */
interface Around {
  readonly under: string;
  readonly before?: () => Promise<unknown>;
  readonly meanwhile?: () => Promise<unknown>;
}

/** Pastes all blocks up to a heading into one shell. Each has to print what the document says. A new value of `keys` is rolled out. */
async function follow(fleet: Fleet, until: string | null, ...around: readonly Around[]): Promise<void> {
  const shell = openShell(project, { PATH: process.env['PATH'], HOME: home, NO_UPDATE_NOTIFIER: '1' });
  const end = until === null ? blocks.length : blocks.findIndex(({ heading }) => heading.startsWith(until));
  expect(end).toBeGreaterThan(0);
  let value = '';
  for (const [index, { line, heading, code, expected }] of blocks.slice(0, end).entries()) {
    const { before, meanwhile } = around.find(({ under }) => heading.startsWith(under)) ?? {};
    if (blocks[index - 1]?.heading !== heading) await before?.();
    const asked = Object.entries(ANSWERS).flatMap(([name, answer]) => (code.includes(`'${name}: '`) ? [answer] : []));
    const [said] = await Promise.all([
      shell.paste(code.replace('OLD_FINGERPRINT', fingerprintOf(oldKey)), ...asked),
      meanwhile?.(),
    ]);
    expectNoSecret(said);
    const missing = unmatchedLine(expected, said);
    if (missing !== null) expect.fail(`the block at line ${line} should print\n${missing}\nbut printed\n${said}`);
    if (!heading.startsWith('### Step') || !existsSync(rotation('keys')) || valueOfKeys() === value) continue;
    value = valueOfKeys();
    for (const key of value.trim().split(' ')) secret(key);
    await fleet.rollOut(value);
  }
  await shell.end();
}

describe('docs/zero-downtime.md, pasted into a shell while the services run', { timeout: 300_000 }, () => {
  it('moves every value to the new key, and every process can always read what any other writes', async () => {
    const fleet = new Fleet(database.pool);
    const sweep = async () => {
      for (let round = 0; round < 20; round += 1) await fleet.work();
    };
    const nameless = 'UPDATE user_api_keys SET key_id = NULL WHERE id IN (SELECT id FROM user_api_keys LIMIT 3)';
    const empty = `WITH new_user AS (INSERT INTO users (email) VALUES ('empty@example.com') RETURNING id)
      INSERT INTO user_api_keys (user_id, provider) SELECT id, 'openrouter' FROM new_user`;
    const aDayLater = `UPDATE encryption_keys SET last_verified_at = last_verified_at - interval '25 hours',
      unused_since = unused_since - interval '25 hours', escrow_checked_at = now()`;

    await follow(
      fleet,
      null,
      { under: '**5.', before: () => firstRollout(fleet).then(() => database.pool.query(`${nameless}; ${empty}`)) },
      { under: '### Step 1.', before: () => database.pool.query(whereGiven) },
      { under: '### Step 4.', meanwhile: sweep },
      { under: '### Step 6.', before: () => database.pool.query(aDayLater) },
    );

    expect(existsSync(rotation('.'))).toBe(false);
    expect((await database.pool.query('SELECT DISTINCT key_id FROM user_api_keys WHERE content IS NOT NULL')).rows).toHaveLength(
      1,
    );
    const forgotten = new Replica(database.pool, oldKey);
    await expect(forgotten.create(secret(providerKey()))).rejects.toMatchObject({ code: '23503' });
  });

  it('can still go back to the old key after the sweep', async () => {
    const fleet = new Fleet(database.pool);
    await follow(
      fleet,
      '### Step 5.',
      { under: '**5.', before: () => firstRollout(fleet) },
      { under: '### Step 1.', before: () => database.pool.query(whereGiven) },
    );
    const back = readFileSync(rotation('keys'), 'utf8').trim().split(' ').toReversed().join(' ');
    await fleet.rollOut(back);
    const shell = openShell(project, { PATH: process.env['PATH'], HOME: home, NO_UPDATE_NOTIFIER: '1' });
    await shell.paste('export ROTATION_DIR=~/rotation');
    await shell.paste(blockWith('export ENCRYPTION_KEYS_FILE'));
    writeFileSync(rotation('keys'), back);
    expect(await shell.paste(blockWith('--batch-size'))).toMatch(/^done: every row is under the first key$/mu);
    await shell.end();
    await fleet.rollOut(oldKey);
  });
});

describe('docs/zero-downtime.md', () => {
  const keys: Readonly<Record<string, string>> = { old: oldKey, new: secret(newKey()) };
  const register = 'INSERT INTO encryption_keys (fingerprint, source) SELECT unnest($1::text[]), $2';
  const pairs = [...document.matchAll(/^\| `(?<writer>[^`]+)` \| `(?<reader>[^`]+)` \| \**(?<outcome>works|fails)/gmu)].map(
    ({ groups }) => groups ?? {},
  );
  const valueFor = (names = '') =>
    names
      .split(' ')
      .map((name) => keys[name])
      .join(' ');

  it('says which values can run side by side', () => {
    expect(pairs.map(({ outcome }) => outcome)).toEqual(['works', 'works', 'works', 'fails']);
  });

  it.each(pairs)('$outcome: one writes with $writer, the other reads with $reader', async ({ writer, reader, outcome }) => {
    await database.pool.query(register, [Object.values(keys).map(fingerprintOf), 'text']);
    const plaintext = secret(providerKey());
    const id = await new Replica(database.pool, valueFor(writer)).create(plaintext);
    const found = await new Replica(database.pool, valueFor(reader)).readAll();
    expect(found.get(id)).toBe(outcome === 'works' ? plaintext : undefined);
  });
});
