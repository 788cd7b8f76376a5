import { Decrypter } from 'age-encryption';

/** The identities in a file, as age-keygen writes them, or why they cannot be used, to be read after the name of the file. */
export type ParsedIdentities =
  | { readonly kind: 'identities'; readonly identities: readonly string[] }
  | { readonly kind: 'only-age'; readonly problem: string }
  | { readonly kind: 'problem'; readonly problem: string };

/** Reads a file of identities: lines of AGE-SECRET-KEY-1…, empty lines, and comments. No problem quotes any of it. */
export function parseIdentities(text: string): ParsedIdentities {
  const lines = text.split(/\r?\n/u).map((line) => line.trim());
  const identities = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (identities.some((line) => line.startsWith('-----BEGIN AGE')))
    return { kind: 'only-age', problem: 'is encrypted itself, which this tool cannot decrypt' };
  if (identities.some((line) => line.startsWith('-----BEGIN ')))
    return { kind: 'only-age', problem: 'holds an SSH key, which this tool cannot use' };
  if (identities.some((line) => /^AGE-(PLUGIN|SECRET-KEY-PQ)-/u.test(line)))
    return { kind: 'only-age', problem: 'holds an identity of a plugin, or of a kind that this tool cannot use' };
  if (identities.length === 0) return { kind: 'problem', problem: 'holds no identity' };
  const wrong = identities.findIndex((identity) => !isIdentity(identity));
  if (wrong === -1) return { kind: 'identities', identities };
  return { kind: 'problem', problem: `has a line ${lines.indexOf(identities[wrong] ?? '') + 1} that is not an identity of age` };
}

function isIdentity(text: string): boolean {
  try {
    // Its message would quote the identity.
    new Decrypter().addIdentity(text);
    return true;
  } catch {
    return false;
  }
}
