import type { EncryptionKey } from '../crypto/encryption-key.ts';
import { refuse } from '../text/problem.ts';
import type { KeyContext } from './key-source.ts';
import { parsePlace } from './reference.ts';
import { lateOf, loadSource, SOURCE_NAME, unwrap } from './unwrap.ts';
import { withinLimit } from './within-limit.ts';

/** A data key that a source made and wrapped: it was never written down. */
export interface WrappedKey {
  /** The whole line, which may be stored anywhere. */
  readonly reference: string;
  readonly key: EncryptionKey;
  readonly source: string;
}

/**
 * Has a source make a data key, and unwraps it once: that proves that this identity may also use it.
 *
 * @param text - a reference without the number sign and what follows it
 * @param label - names what holds the text, in messages
 * @throws UsageError; the reason of the interruption
 */
export async function wrapNewKey(text: string, label: string, context: KeyContext): Promise<WrappedKey> {
  const hint = 'name the key that wraps, such as awskms:///alias/app?region=eu-west-1 or hashivault://app';
  const parsed = parsePlace(text);
  if (parsed.kind === 'problem') return refuse(`${label} ${parsed.problem}`, hint);
  const { reference } = parsed;
  if (reference.fragment !== '') return refuse(`${label} already has a wrapped key`, 'leave out the # and everything after it');
  const source = SOURCE_NAME[reference.scheme];
  const { wrapNew } = await loadSource(reference.scheme);
  if (wrapNew === null) {
    return refuse(
      `${label}: ${reference.scheme}:// stores keys but cannot make them`,
      `${hint}, or store a key yourself, as docs/keys.md shows`,
    );
  }
  const fragment = await withinLimit(context, lateOf(label, source), (signal) => wrapNew({ reference, label, context, signal }));
  const [place = ''] = text.split('#');
  const whole = `${place}#${fragment}`;
  return { reference: whole, source, key: await unwrap(whole, label, context) };
}
