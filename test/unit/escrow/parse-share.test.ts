import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { importEncryptionKey } from '../../../src/crypto/encryption-key.ts';
import { parseShare } from '../../../src/escrow/parse-share.ts';
import { splitKey } from '../../../src/escrow/split-key.ts';
import { newKey } from '../../support/application/application.ts';

const neverAborted = new AbortController().signal;

/** @returns the lines with their checksum, as whoever can compute one makes it */
const sealed = (body: string) => `${body}checksum: ${createHash('sha256').update(body).digest('hex')}\n`;

describe('a share of another time', () => {
  it('is read if only the words for people differ, and not if its version does', async () => {
    const [text = ''] = (await splitKey(importEncryptionKey(newKey()), 2, 2, neverAborted)).texts;
    const rewritten = (from: string | RegExp, to: string) => sealed(text.replace(from, to).replace(/checksum: .*\n$/u, ''));
    expect(parseShare(rewritten(/^(what|how|manual): .*$/gmu, '$1: other words')).kind).toBe('share');
    expect(parseShare(rewritten('version 1', 'version 2')).kind).toBe('unknown-version');
  });

  it.each<[title: string, from: RegExp, to: string]>([
    ['another number', /^number: 1$/mu, 'number: 2'],
    ['a number that is too large', /^number: 1$/mu, 'number: 3'],
    ['another threshold', /^threshold: 2$/mu, 'threshold: 1'],
    ['another total', /^total: 2$/mu, 'total: 1'],
    ['another key', /^key: .*$/mu, `key: ${'0'.repeat(16)}`],
    ['another value', /^value: ..(.*)$/mu, 'value: 00$1'],
    ['a value without its end', /^(value: .*)..$/mu, '$1'],
    ['another digest', /^(sha256 of value 2: )..(.*)$/mu, '$100$2'],
  ])('is not taken if somebody has changed it and its checksum: %s', async (_title, from, to) => {
    const [text = ''] = (await splitKey(importEncryptionKey(newKey()), 2, 2, neverAborted)).texts;
    const changed = text.replace(from, to).replace(/checksum: .*\n$/u, '');
    // One time in 256 it already was so.
    if (!text.startsWith(changed)) expect(parseShare(sealed(changed)).kind).toBe('damaged');
  });
});
