import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { expectAllUnder, fillTable, otherColumns, readTable, useDatabase } from '../support/table/database.ts';
import { expectNoSecret, secret } from '../support/tool/known-secrets.ts';
import { linkProject } from '../support/tool/link-project.ts';
import { type RunnableBlock, readRunnableBlocks, unmatchedLine } from '../support/tool/runnable-blocks.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const document = readFileSync(path.join(root, 'docs', 'runbook.md'), 'utf8');
const blocks = readRunnableBlocks(document);
const evening = blocks.filter(({ tags }) => tags.length === 0);
const undos = blocks.filter(({ tags }) => tags.includes('undo'));
/** As many as the outputs in the runbook speak of. */
const ROWS = 500;

const database = useDatabase();
const oldKey = secret(newKey());
secret(database.url);

/** The operator's home, and in it the project, without any .env file that a developer may have in the real one. */
let home = '';
const project = () => path.join(home, 'project');
const rotationFolder = () => path.join(home, 'rotation');
const secretStore = () => path.join(home, 'secret-store');

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'runbook-'));
  linkProject(project());
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** What the runbook asks for between two blocks: the new key goes into the secret store. */
const saveNewKey: RunnableBlock = { line: 0, tags: [], code: 'cp "$ROTATION_DIR/new.key" ~/secret-store', expected: [] };

/** Pastes the blocks one after another into one shell, and answers its two questions. @returns the new key */
async function paste(given: readonly RunnableBlock[]): Promise<string> {
  const session = given.toSpliced(-1, 0, saveNewKey);
  const end = (index: number) => `=== end of block ${index} ===`;
  const script = session.map(({ code }, index) => `${code}\necho '${end(index)}'`).join('\n');
  const shell = spawn('bash', ['--norc', '-euo', 'pipefail', '-c', `exec 2>&1\n${script}`], {
    cwd: project(),
    env: { PATH: process.env['PATH'], HOME: home, NO_UPDATE_NOTIFIER: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  shell.stdout.on('data', (text: Buffer) => {
    output += text.toString();
  });
  shell.stdin.end(`${oldKey}\n${database.url}\n`);
  const [code] = await once(shell, 'close');
  const key = existsSync(secretStore()) ? secret(readFileSync(secretStore(), 'utf8').trim()) : '';
  expectNoSecret(output);

  let rest = output;
  for (const [index, block] of session.entries()) {
    const [ofBlock = '', after] = rest.split(`${end(index)}\n`);
    const where = `the block at line ${block.line} of the runbook`;
    if (after === undefined) expect.fail(`${where} ended the shell with exit code ${code}, after\n${ofBlock}`);
    const missing = unmatchedLine(block.expected, ofBlock);
    if (missing !== null) expect.fail(`${where} should print\n${missing}\nbut printed\n${ofBlock}`);
    rest = after;
  }
  expect(code).toBe(0);
  return key;
}

/** Each starts the tool up to six times through npx, beside all the other tests. */
const LIMIT_MS = 240_000;

describe('docs/runbook.md, pasted into a shell from top to bottom', { timeout: LIMIT_MS }, () => {
  it('rotates the table, keeps the backup and the report, and leaves no key behind', async () => {
    const plaintexts = await fillTable(database, oldKey, ROWS);
    const before = await readTable(database);

    const freshKey = await paste(evening);

    const after = await readTable(database);
    expectAllUnder(freshKey, after, plaintexts);
    expect(otherColumns(after)).toEqual(otherColumns(before));
    expect(statSync(rotationFolder()).mode & 0o777).toBe(0o700);
    const left = readdirSync(rotationFolder());
    expect(left.map((name) => name.replace(/\d{8}T\d{6}Z/u, 'TIME'))).toEqual(['backup-TIME.jsonl', 'report-TIME.json']);
    for (const name of left) expectNoSecret(readFileSync(path.join(rotationFolder(), name), 'utf8'));
  });

  it.each(undos)('goes back to the old key with the block at line $line', async (undo) => {
    const plaintexts = await fillTable(database, oldKey, ROWS);
    const before = await readTable(database);
    // What only looks at the table has had its turn in the test above.
    const steps = evening.filter(({ line, code }) => line < undo.line && !/ (?:--dry-run|verify);/u.test(code));
    await paste([...steps, undo]);
    const after = await readTable(database);
    expectAllUnder(oldKey, after, plaintexts);
    expect(otherColumns(after)).toEqual(otherColumns(before));
  });

  it('has two ways to undo, and no output that is not tested', () => {
    expect(undos).toHaveLength(2);
    expect(blocks.filter(({ expected }) => expected.length > 0)).toHaveLength(document.split('```text\n').length - 1);
  });
});
