import { armor, Decrypter, Encrypter, type Stanza } from 'age-encryption';

/**
 * Encrypts a text as `age --armor` does, and decrypts it again: with the key of the file, as only the custodians have their identities.
 *
 * @param recipients - in which `recipientProblems` finds no problem
 * @throws Error if the text does not come back, or anybody but the recipients could read it: never seen
 */
export async function encryptTo(recipients: readonly string[], text: string): Promise<string> {
  let fileKey: Uint8Array | null = null;
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  encrypter.addRecipient({
    wrapFileKey: (key) => {
      fileKey = key;
      return [];
    },
  });
  const file = armor.encode(await encrypter.encrypt(text));
  const decrypter = new Decrypter();
  decrypter.addIdentity({
    // Without any recipient age would write a file that nobody can open.
    unwrapFileKey: (stanzas: readonly Stanza[]) => (isFor(recipients.length, stanzas) ? fileKey : null),
  });
  if ((await decrypter.decrypt(armor.decode(file), 'text')) !== text) throw new Error('a share cannot be decrypted again');
  return file;
}

function isFor(recipients: number, stanzas: readonly Stanza[]): boolean {
  return recipients > 0 && stanzas.length === recipients && stanzas.every(({ args }) => args[0] === 'X25519');
}

/** What became of a file that age encrypted. */
export type Decrypted =
  | { readonly kind: 'text'; readonly text: string }
  /** It is for others. */
  | { readonly kind: 'not-for-these' }
  | { readonly kind: 'damaged' };

/**
 * Decrypts a file of age, armored or not.
 *
 * @param identities - as `parseIdentities` reads them
 */
export async function decryptWith(identities: readonly string[], file: Uint8Array): Promise<Decrypted> {
  let isForOthers = false;
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  // It is asked last, and only if none of the others could unwrap the key.
  decrypter.addIdentity({
    unwrapFileKey: () => {
      isForOthers = true;
      return null;
    },
  });
  try {
    return { kind: 'text', text: await decrypter.decrypt(binary(file), 'text') };
  } catch {
    // The messages of the library can quote what it reads.
    return { kind: isForOthers ? 'not-for-these' : 'damaged' };
  }
}

function binary(file: Uint8Array): Uint8Array {
  const text = Buffer.from(file).toString('latin1');
  return text.startsWith('-') ? armor.decode(text) : file;
}
