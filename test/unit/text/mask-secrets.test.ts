import { describe, expect, it } from 'vitest';
import { maskSecrets } from '../../../src/text/mask-secrets.ts';
import { newKey } from '../../support/application/application.ts';

describe('what others wrote', () => {
  it.each<[text: string, shown: string]>([
    ['postgres://user:hunter2@host/db', 'postgres://user:[masked]@host/db'],
    ['see postgresql://u:p@h and mysql://a:b@c', 'see postgresql://u:[masked]@h and mysql://a:[masked]@c'],
    ['postgresql://u:hu@sh@h/db gone', 'postgresql://u:[masked]@h/db gone'],
    ['postgresql://h/db?password=hush&x=1', 'postgresql://h/db?password=[masked]&x=1'],
    ['could not connect: host=h password=hush user=u', 'could not connect: host=h password=[masked] user=u'],
    ['password = hush', 'password = [masked]'],
    ['set it to postgresql://user:password@host:port/database', 'set it to postgresql://user:password@host:port/database'],
    ['a uuid 00000000-0000-4000-8000-000000000001', 'a uuid 00000000-0000-4000-8000-000000000001'],
    ['--identity: AGE-SECRET-KEY-1QQPQ8ZX does not exist', '--identity: [masked] does not exist'],
    ['age-plugin-yubikey-1qqz is one', '[masked] is one'],
    ['an iv 0123456789abcdef0123456789abcdef', 'an iv 0123456789abcdef0123456789abcdef'],
  ])('%j is shown as %j', (text, shown) => {
    expect(maskSecrets(text)).toBe(shown);
  });

  it('is masked if it looks like a key, even with a character missing, in either case, and inside text', () => {
    const key = newKey();
    for (const text of [key, key.slice(1), key.toUpperCase(), `key=${key}!`, `${key}${key}`]) {
      const shown = maskSecrets(text);
      expect(shown).toContain('[masked]');
      expect(shown.toLowerCase()).not.toContain(key.slice(1, 20));
    }
  });
});
