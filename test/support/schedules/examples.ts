import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

export const examples = path.resolve(import.meta.dirname, '..', '..', '..', 'docs', 'examples');

export function readExample(name: string): string {
  return readFileSync(path.join(examples, name), 'utf8');
}

/** @returns every document of a YAML file, which must be without errors or warnings */
export function readYaml(text: string): unknown[] {
  return parseAllDocuments(text).map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw problem;
    return document.toJS();
  });
}

/** What docs/scheduling.md says of the exit codes: which of them a scheduler may answer by running the command again. */
export function documentedExitCodes(): { readonly again: number[]; readonly never: number[]; readonly success: number[] } {
  const text = readFileSync(path.join(examples, '..', 'scheduling.md'), 'utf8');
  const [, section = ''] = text.split('## Exit codes, for a scheduler');
  const rows = [...section.matchAll(/^\| (?<codes>[\d, ]+)(?:, or [a-z]+)? \| [^|]+ \|(?<again>[^|]*)\|$/gmu)].flatMap(
    ({ groups }) =>
      (groups?.['codes'] ?? '').split(', ').map((code) => ({ code: Number(code), again: (groups?.['again'] ?? '').trim() })),
  );
  const having = (answer: string) => rows.filter(({ again }) => again.startsWith(answer)).map(({ code }) => code);
  return { again: having('yes'), never: having('no'), success: rows.filter(({ again }) => again === '').map(({ code }) => code) };
}
