// Backup files as the documentation of their format describes them: nothing here comes from src/, so that the tool is never
// checked by its own code.
import { createHash } from 'node:crypto';

/** @returns a file of format 2 with these lines, each sealed with its checksum */
export function sealedFile(contents: readonly object[]): string {
  let previous = '';
  let text = '';
  for (const content of contents) {
    const body = JSON.stringify(content).slice(0, -1);
    previous = createHash('sha256').update(`${previous}${body}`).digest('hex').slice(0, 16);
    text += `${body},"checksum":"${previous}"}\n`;
  }
  return text;
}

/** @returns what the lines of a file of format 2 say, without their checksums */
export function fileContents(text: string): Record<string, unknown>[] {
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => {
    const { checksum: _checksum, ...content } = JSON.parse(line);
    return content;
  });
}

/** @returns a file of format 1, as version 0.1.0 of the tool wrote it */
export function formatOneFile(header: object, records: readonly object[]): string {
  return [header, ...records].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** @returns the header of a backup of this database, of a rotation from the key 00… to the key 11… */
export function headerFor(url: string, formatVersion: number): object {
  const { hostname, port, pathname } = new URL(url);
  const [source, target] = ['0'.repeat(16), '1'.repeat(16)];
  return {
    format: 'rotate-encryption-key backup',
    formatVersion,
    createdAt: '2026-01-01T00:00:00.000Z',
    database: { host: hostname, port: Number(port), name: pathname.slice(1) },
    ...(formatVersion === 1
      ? { table: 'public.user_api_keys' }
      : { fields: [{ name: 'UserApiKey', table: 'public.user_api_keys' }] }),
    keys: formatVersion === 1 ? { old: source, new: target } : { target, sources: [source] },
  };
}
