import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** @param host - a name, an address (one of IPv6 also in brackets, as in a url), or the folder of a socket */
export function isThisMachine(host: string): boolean {
  if (host.startsWith('/') || /^localhost\.?$/iu.test(host)) return true;
  const address = host.replace(/^\[(.*)\]$/u, '$1');
  const version = isIP(address);
  return version !== 0 && loopback.check(address, version === 6 ? 'ipv6' : 'ipv4');
}
