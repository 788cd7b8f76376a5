/** What the codes of Node's sockets mean, as the end of a sentence about a server. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection: nothing is listening there',
  ENOTFOUND: 'has a name that cannot be resolved',
  EAI_AGAIN: 'has a name that cannot be resolved at the moment',
  ECONNRESET: 'cut the connection',
  EPIPE: 'cut the connection',
  UND_ERR_SOCKET: 'cut the connection',
  EHOSTUNREACH: 'cannot be reached: there is no route to it',
  ENETUNREACH: 'cannot be reached: there is no route to it',
  ETIMEDOUT: 'did not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'did not answer in time',
};

/** The codes of OpenSSL for a certificate that nobody vouches for, or that is not valid. */
const CERTIFICATE = /CERT|ISSUER|LEAF_SIGNATURE|INVALID_CA/u;
/** The server speaks another version of TLS, or none. */
const TLS = /^(EPROTO|ERR_SSL_)/u;

/**
 * Explains why a server could not be asked, by the code of the error or of its causes.
 *
 * @returns the end of a sentence that begins with the name of the server; null if the error is none of the network
 */
export function networkProblem(error: unknown): string | null {
  for (let each = error; each instanceof Error; each = each.cause) {
    const code = 'code' in each && typeof each.code === 'string' ? each.code : '';
    const words = WORDS[code] ?? wordsOfTls(code);
    if (words !== null) return `${words} (${code})`;
  }
  return null;
}

function wordsOfTls(code: string): string | null {
  if (CERTIFICATE.test(code)) return 'has a certificate that this machine does not trust';
  return TLS.test(code) ? 'does not speak TLS as this machine does: perhaps it expects http://' : null;
}
