import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { decryptWith, encryptTo } from '../../../src/escrow/age.ts';

describe('a text that is encrypted with age', () => {
  it('can be decrypted by each of its recipients, and by nobody else', async () => {
    const identities = await Promise.all([1, 2, 3].map(() => generateX25519Identity()));
    const recipients = await Promise.all(identities.slice(0, 2).map((identity) => identityToRecipient(identity)));
    const file = Buffer.from(await encryptTo(recipients, 'text'));
    const opened = await Promise.all(identities.map((identity) => decryptWith([identity], file)));
    expect(opened).toEqual([{ kind: 'text', text: 'text' }, { kind: 'text', text: 'text' }, { kind: 'not-for-these' }]);
  });

  it('is never one without recipients, which nobody could decrypt', async () => {
    await expect(encryptTo([], 'text')).rejects.toThrow();
  });
});
