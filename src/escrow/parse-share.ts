import { DIGEST, FORMAT, MOST_SHARES, type Share, sha256, splitIdOf, VALUE_BYTES, VERSION } from './share.ts';

/** What a text turns out to be. */
export type ParsedShare =
  | { readonly kind: 'share'; readonly share: Share }
  /** Some character of it is not what it was. `named`: `share 2 of 5`, as far as it can still be known. */
  | { readonly kind: 'damaged'; readonly named: string | null }
  | { readonly kind: 'several' }
  /** A later version of the tool wrote it. */
  | { readonly kind: 'unknown-version' }
  | { readonly kind: 'not-a-share' };

const CHECKED = /^(?<body>[\s\S]*\n)checksum: (?<checksum>[0-9a-f]{64})\n$/u;

/**
 * Reads a share, and checks that nothing in it has changed. Lines may end as Windows ends them, and line feeds at the end may be lost or
 * added: neither is part of the share.
 */
export function parseShare(given: string): ParsedShare {
  const text = given.replaceAll('\r\n', '\n').replace(/\n*$/u, '\n');
  if (text.split(FORMAT).length > 2) return { kind: 'several' };
  const fields = fieldsOf(text);
  const intact = CHECKED.exec(text)?.groups;
  if (intact !== undefined && sha256(intact['body'] ?? '') === intact['checksum']) {
    if (!text.includes(`\n${FORMAT}`)) return { kind: 'not-a-share' };
    if (!text.includes(`\n${FORMAT}${VERSION}\n`)) return { kind: 'unknown-version' };
    const share = readShare(fields);
    return share === null ? { kind: 'damaged', named: nameFrom(fields) } : { kind: 'share', share };
  }
  const isShare = text.includes(FORMAT) || (fields.has('value') && fields.has('checksum'));
  return isShare ? { kind: 'damaged', named: nameFrom(fields) } : { kind: 'not-a-share' };
}

function fieldsOf(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(/^(?<name>[a-z0-9 ]+): (?<value>.*)$/gmu)].map(([, name = '', value = '']) => [name, value]));
}

/** @returns null if the fields contradict each other: somebody has changed them, and the checksum with them */
function readShare(fields: ReadonlyMap<string, string>): Share | null {
  const field = (name: string, pattern: RegExp) => pattern.exec(fields.get(name) ?? '')?.[0] ?? '';
  const [fingerprint, splitId] = [field('key', /^[0-9a-f]{16}$/u), field('split', /^[0-9a-f]{32}$/u)];
  const [number = 0, total = 0, threshold = 0] = ['number', 'total', 'threshold'].map((name) => Number(field(name, COUNT)));
  const value = Uint8Array.from(Buffer.from(field('value', /^[0-9a-f]*$/u), 'hex'));
  const digests = digestsOf(fields, total);
  const share = { fingerprint, splitId, number, threshold, digests, value };
  const isWhole =
    total <= MOST_SHARES && threshold > 0 && threshold <= total && value.length === VALUE_BYTES && fingerprint !== '';
  const agrees = digests.length === total && digests[number - 1] === sha256(value) && splitIdOf(share) === splitId;
  return isWhole && agrees ? share : null;
}

const COUNT = /^[1-9][0-9]{0,2}$/u;

/** @returns the digests from the first to the last, up to one that is missing */
function digestsOf(fields: ReadonlyMap<string, string>, total: number): string[] {
  const digests: string[] = [];
  for (let number = 1; number <= total; number += 1) {
    const digest = fields.get(`${DIGEST}${number}`);
    if (digest === undefined) break;
    digests.push(digest);
  }
  return digests;
}

/** The number stands in a share three times: as such, in its first line, and as the place of its digest. Two of them must agree. */
function nameFrom(fields: ReadonlyMap<string, string>): string | null {
  const digest = sha256(Buffer.from(fields.get('value') ?? '', 'hex'));
  const [place = ''] = [...fields].find(([name, value]) => name.startsWith(DIGEST) && value === digest) ?? [];
  const said = [fields.get('number') ?? '', fields.get('what')?.split(' ')[1] ?? '', place.slice(DIGEST.length)];
  const number = said.find((each, index) => COUNT.test(each) && said.indexOf(each) < index);
  return number === undefined ? null : `share ${number}`;
}
