/**
 * Masks what looks like an encryption key, an identity of age, or the password of a database url, in text that others wrote: a server, a
 * library, a person at the command line. The word `password` in that place comes from a hint, and stays.
 */
export function maskSecrets(text: string): string {
  return text
    .replace(/[0-9a-f]{63,}/giu, '[masked]')
    .replace(/AGE-(?:SECRET-KEY|PLUGIN)-[0-9A-Z-]+/giu, '[masked]')
    .replace(/(\w+:\/\/[^\s:@/]*):(?!password@)\S*@/gu, '$1:[masked]@')
    .replace(/\b(password\s*=\s*)[^&\s]+/giu, '$1[masked]');
}
