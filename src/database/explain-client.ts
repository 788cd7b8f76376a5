import { type ClientFailure, type Explanation, POOL_CONNECT_TIMEOUT, QUERY_TIMEOUT } from './failure.ts';
import type { DatabaseSettings } from './settings.ts';

/** Explains what happened without an answer from the server: on the network, in the TLS handshake, or in pg. */
export function explainClientFailure(failure: ClientFailure, settings: DatabaseSettings): Explanation {
  return explainNetwork(failure.code, settings) ?? explainTls(failure, settings) ?? explainText(failure, settings);
}

function explainNetwork(code: string, { host, port }: DatabaseSettings): Explanation | null {
  const server = `${host}:${port}`;
  const is = (...codes: readonly string[]) => codes.includes(code);
  if (is('ENOTFOUND', 'EAI_AGAIN', 'EINVAL'))
    return [
      `the host ${host} cannot be resolved (${code})`,
      'check the host in DATABASE_URL, and that this machine can resolve it',
    ];
  if (is('ENOENT'))
    return [`there is no server socket in ${host} (${code})`, 'check the host in DATABASE_URL, and that the server is running'];
  if (is('EACCES', 'EPERM')) {
    const hint = "check the permissions of the server's socket, or the firewall of this machine";
    return [`this user may not connect to ${server} (${code})`, hint];
  }
  if (is('ECONNREFUSED')) {
    const hint = 'check the host and port in DATABASE_URL, and that the server is running';
    return [`nothing is listening on ${server} (${code})`, hint];
  }
  if (is('EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL'))
    return [`no route to ${server} (${code})`, 'check the network, or run the tool from inside it'];
  if (is('ECONNRESET', 'ECONNABORTED', 'EPIPE')) return [`the connection to ${server} was cut (${code})`, null];
  return is('ETIMEDOUT') ? [`${server} did not answer (${code})`, null] : null;
}

/** The codes of OpenSSL: https://nodejs.org/docs/latest-v20.x/api/tls.html#x509-certificate-error-codes */
const NOT_VERIFIED = [
  ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'CERT_UNTRUSTED', 'INVALID_CA'],
  ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
];

function explainTls({ code, text }: ClientFailure, { host, port }: DatabaseSettings): Explanation | null {
  const certificate = `the certificate of ${host}:${port}`;
  const is = (...codes: readonly string[]) => codes.includes(code);
  if (is('ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_TLS_CERT_ALTNAME_FORMAT', 'HOSTNAME_MISMATCH'))
    return [
      `${certificate} is for another host: ${text} (${code})`,
      'in DATABASE_URL, use the host that the certificate names, or check only its authority with sslmode=verify-ca and sslrootcert=FILE',
    ];
  if (is('CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'CERT_REVOKED')) {
    const hint = "renew the server's certificate, or correct the clock of this machine";
    return [`${certificate} is not currently valid: ${text} (${code})`, hint];
  }
  if (is(...NOT_VERIFIED))
    return [
      `${certificate} cannot be verified: ${text} (${code})`,
      'name its authority with sslrootcert=FILE in DATABASE_URL, or accept any certificate with sslmode=no-verify',
    ];
  if (!/^(ERR_(SSL|TLS|OSSL|CRYPTO)_|EPROTO|CERT_)/u.test(code)) return null;
  const hint = 'check sslmode, sslcert, sslkey and sslrootcert in DATABASE_URL';
  return [`no TLS connection to ${host}:${port} could be made: ${text} (${code})`, hint];
}

const PASSWORD_MISSING = /^SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a (non-empty )?string$/u;
const LOST =
  /^(Connection terminated( unexpectedly)?|Client (was closed|has encountered a connection error) and is not queryable)$/iu;

/** pg and pg-pool give these messages, quoted word for word, no code (pg 8.23, pg-pool 3.14). */
function explainText({ code, text }: ClientFailure, settings: DatabaseSettings): Explanation {
  const { host, port, user, connectTimeoutMs, statementTimeoutMs } = settings;
  const server = `${host}:${port}`;
  if (text === QUERY_TIMEOUT)
    return [
      `${server} did not answer a statement within ${statementTimeoutMs / 1000} s`,
      'if it answers other statements, look into pg_stat_activity: another transaction holds the row or the table, or (wait_event SyncRep) the commit waits for a standby that synchronous_standby_names lists; DATABASE_STATEMENT_TIMEOUT_MS sets the limit',
    ];
  if (['timeout expired', 'timeout exceeded when trying to connect', POOL_CONNECT_TIMEOUT].includes(text))
    return [`${server} did not accept a connection within ${connectTimeoutMs / 1000} s`, null];
  if (text === 'The server does not support SSL connections') {
    const hint = 'set sslmode=disable in DATABASE_URL if you trust the network in between';
    return [`${server} does not accept encrypted connections`, hint];
  }
  if (PASSWORD_MISSING.test(text)) return [`${server} requires a password for user ${user}`, 'set it in DATABASE_URL'];
  if (text === '') return [`the database failed without giving a reason${code && ` (${code})`}`, null];
  if (LOST.test(text)) return [`the connection to ${server} was lost`, null];
  const said = `${text}${code && !text.includes(code) ? ` (${code})` : ''}`;
  if (text.startsWith('SASL: ')) return [`logging in to ${server} failed: ${said}`, `check the password of user ${user}`];
  return [said, 'if the same command fails this way again, report it with the message above'];
}
