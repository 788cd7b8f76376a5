/** @returns what stderr says, apart from the warning that is given if the test server is not on this machine, as with a container */
export function withoutTlsWarning(stderr: string): string {
  return stderr.replace(/^rotate-encryption-key: warning: the connection to \S+ is not encrypted: .*\n/mu, '');
}
