import { refuse } from '../text/problem.ts';
import type { KeyContext } from './key-source.ts';

/**
 * Refuses to ask a source for a key while Node prints the beginning of each piece that a stream reads, and so the key: 50 bytes of it.
 *
 * @param label - names the variable, and the position in it, in messages
 * @throws UsageError
 */
export function refuseIfStreamsArePrinted(label: string, { env }: KeyContext): void {
  if (!/stream|\*/iu.test(env['NODE_DEBUG'] ?? '')) return;
  refuse(`${label}: no key is fetched while NODE_DEBUG makes Node print what it reads`, 'unset NODE_DEBUG');
}
