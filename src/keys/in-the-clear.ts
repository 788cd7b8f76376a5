import { isThisMachine } from '../text/this-machine.ts';

/**
 * Whether what is sent to a server, and what it answers, can be read by everybody in between: it is on another machine, without TLS.
 *
 * @param protocol - with its colon, as a URL has it
 * @param hostname - as a URL has it: an IPv6 address in brackets
 */
export function isInTheClear(protocol: string, hostname: string): boolean {
  return protocol !== 'https:' && !isThisMachine(hostname);
}
