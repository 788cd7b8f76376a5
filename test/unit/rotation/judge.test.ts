import { createDecipheriv, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createJudge } from '../../../src/rotation/judge.ts';
import { encrypt } from '../../support/application/application.ts';
import { hex, keys, layout, ring, row, strangeRow } from './table.ts';

const decipher = Object.getPrototypeOf(createDecipheriv('aes-256-gcm', randomBytes(32), randomBytes(12)));

afterEach(() => {
  vi.restoreAllMocks();
});

describe('judging a row', () => {
  it.each(['old', 'new'] as const)('says that the %s key decrypts it, and returns value and plaintext', (under) => {
    const { id: _id, ...stored } = row(1, under, 'plaintext');
    const value = {
      iv: Buffer.from(stored.iv, 'hex'),
      content: Buffer.from(stored.content, 'hex'),
      tag: Buffer.from(stored.tag, 'hex'),
    };
    const plaintext = Buffer.from('plaintext');
    expect(createJudge(ring, layout)(stored)).toEqual({
      kind: 'readable',
      key: keys[under],
      value,
      aad: null,
      plaintext,
      isNamed: true,
    });
  });

  it('says so even if the plaintext is empty', () => {
    expect(createJudge(ring, layout)(encrypt(hex.old, ''))).toMatchObject({ kind: 'readable', key: keys.old });
  });

  it('says that a row under a third key, or a damaged one, is not authentic', () => {
    const notAuthentic = { kind: 'unreadable', why: { kind: 'not-authentic' } };
    const damaged = row(1);
    const judge = createJudge(ring, layout);
    expect(judge(strangeRow(1))).toEqual(notAuthentic);
    expect(judge({ ...damaged, content: damaged.content.slice(2) })).toEqual(notAuthentic);
    expect(judge({ ...damaged, iv: damaged.tag, tag: damaged.iv })).toEqual(notAuthentic);
  });

  it('says which column is malformed, and tries no key on it', () => {
    const update = vi.spyOn(decipher, 'update');
    expect(createJudge(ring, layout)({ ...row(1), tag: null })).toEqual({
      kind: 'unreadable',
      why: { kind: 'malformed', column: 'tag', misfit: 'null' },
    });
    expect(update).not.toHaveBeenCalled();
  });

  it('tries no key that it was not given', () => {
    const judge = createJudge({ target: keys.new, sources: [] }, layout);
    expect(judge(row(1, 'old')).kind).toBe('unreadable');
    expect(judge(row(1, 'new')).kind).toBe('readable');
  });

  it('judges each row anew, in whatever order the keys come', () => {
    const judge = createJudge(ring, layout);
    const order = ['new', 'old', 'old', 'new', 'old', 'new', 'new', 'old'] as const;
    expect(order.map((under, index) => judge(row(index, under)))).toMatchObject(
      order.map((under) => ({ kind: 'readable', key: keys[under] })),
    );
    expect(judge(strangeRow(1)).kind).toBe('unreadable');
    expect(judge(row(1, 'old'))).toMatchObject({ key: keys.old });
  });

  it('first tries the key that decrypted the previous row', () => {
    const judge = createJudge(ring, layout);
    const update = vi.spyOn(decipher, 'update');
    const tries = (['new', 'new', 'old', 'old', 'old', 'new', 'new'] as const).map((under) => {
      update.mockClear();
      judge(row(1, under));
      // The application's row() only encrypts: it makes no decipher.
      return update.mock.calls.length;
    });
    expect(tries).toEqual([1, 1, 2, 1, 1, 2, 1]);
  });

  it('tries each key once on a row that none decrypts, however often the keys took turns before', () => {
    const judge = createJudge(ring, layout);
    for (let turn = 1; turn <= 20; turn += 1) judge(row(turn, turn % 2 === 0 ? 'old' : 'new'));
    const update = vi.spyOn(decipher, 'update');
    judge(strangeRow(1));
    expect(update).toHaveBeenCalledTimes(2);
  });
});
