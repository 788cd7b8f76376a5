import { isIP } from 'node:net';

/**
 * Whether what is sent to a server, and what it answers, can be read by everybody in between: it is on another machine, without TLS.
 *
 * @param protocol - with its colon, as a URL has it
 * @param hostname - as a URL has it: an IPv6 address in brackets
 */
export function isInTheClear(protocol: string, hostname: string): boolean {
  const isHere = hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'));
  return protocol !== 'https:' && !isHere;
}
