import { type ClientFailure, type Explanation, POOL_CONNECT_TIMEOUT } from './failure.ts';
import type { DatabaseSettings } from './settings.ts';

/** Explains what happened without an answer from the server: on the network, in the TLS handshake, or in pg. */
export function explainClientFailure(failure: ClientFailure, settings: DatabaseSettings): Explanation {
  return explainNetwork(failure.code, settings) ?? explainTls(failure, settings) ?? explainText(failure, settings);
}

function explainNetwork(code: string, { host, port }: DatabaseSettings): Explanation | null {
  const server = `${host}:${port}`;
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
      return {
        message: `the host ${host} cannot be resolved (${code})`,
        hint: 'check the host in DATABASE_URL, and that this machine can resolve it',
      };
    case 'ENOENT':
      return {
        message: `there is no server socket in ${host} (${code})`,
        hint: 'check the host in DATABASE_URL, and that the server is running',
      };
    case 'EACCES':
    case 'EPERM':
      return {
        message: `this user may not connect to ${server} (${code})`,
        hint: "check the permissions of the server's socket, or the firewall of this machine",
      };
    case 'ECONNREFUSED':
      return {
        message: `nothing is listening on ${server} (${code})`,
        hint: 'check the host and port in DATABASE_URL, and that the server is running',
      };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENETDOWN':
    case 'EADDRNOTAVAIL':
      return { message: `no route to ${server} (${code})`, hint: 'check the network, or run the tool from inside it' };
    case 'ECONNRESET':
    case 'ECONNABORTED':
    case 'EPIPE':
      return { message: `the connection to ${server} was cut (${code})`, hint: null };
    case 'ETIMEDOUT':
      return { message: `${server} did not answer (${code})`, hint: null };
    default:
      return null;
  }
}

/** The codes of OpenSSL: https://nodejs.org/docs/latest-v20.x/api/tls.html#x509-certificate-error-codes */
function explainTls({ code, text }: ClientFailure, { host, port }: DatabaseSettings): Explanation | null {
  const server = `${host}:${port}`;
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'ERR_TLS_CERT_ALTNAME_FORMAT':
    case 'HOSTNAME_MISMATCH':
      return {
        message: `the certificate of ${server} is for another host: ${text} (${code})`,
        hint: 'in DATABASE_URL, use the host that the certificate names, or check only its authority with sslmode=verify-ca and sslrootcert=FILE',
      };
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
    case 'CERT_REVOKED':
      return {
        message: `the certificate of ${server} is not currently valid: ${text} (${code})`,
        hint: "renew the server's certificate, or correct the clock of this machine",
      };
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_UNTRUSTED':
    case 'INVALID_CA':
      return {
        message: `the certificate of ${server} cannot be verified: ${text} (${code})`,
        hint: 'name its authority with sslrootcert=FILE in DATABASE_URL, or accept any certificate with sslmode=no-verify',
      };
    default:
      if (!/^(ERR_(SSL|TLS|OSSL|CRYPTO)_|EPROTO|CERT_)/u.test(code)) return null;
      return {
        message: `no TLS connection to ${server} could be made: ${text} (${code})`,
        hint: 'check sslmode, sslcert, sslkey and sslrootcert in DATABASE_URL',
      };
  }
}

/** pg and pg-pool give these messages, quoted word for word, no code (pg 8.23, pg-pool 3.14). */
function explainText({ code, text }: ClientFailure, settings: DatabaseSettings): Explanation {
  const { host, port, user, connectTimeoutMs, statementTimeoutMs } = settings;
  const server = `${host}:${port}`;
  switch (text) {
    case 'Query read timeout':
      return {
        message: `${server} did not answer a statement within ${statementTimeoutMs / 1000} s`,
        hint: 'if it answers other statements, another transaction holds the row or the table: see pg_stat_activity; DATABASE_STATEMENT_TIMEOUT_MS sets the limit',
      };
    case 'timeout expired':
    case 'timeout exceeded when trying to connect':
    case POOL_CONNECT_TIMEOUT:
      return { message: `${server} did not accept a connection within ${connectTimeoutMs / 1000} s`, hint: null };
    case 'The server does not support SSL connections':
      return {
        message: `${server} does not accept encrypted connections`,
        hint: 'set sslmode=disable in DATABASE_URL if you trust the network in between',
      };
    case 'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string':
    case 'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string':
      return { message: `${server} requires a password for user ${user}`, hint: 'set it in DATABASE_URL' };
    case '':
      return { message: `the database failed without giving a reason${code && ` (${code})`}`, hint: null };
    default:
  }
  if (
    /^(Connection terminated( unexpectedly)?|Client (was closed|has encountered a connection error) and is not queryable)$/iu.test(
      text,
    )
  )
    return { message: `the connection to ${server} was lost`, hint: null };
  const said = `${text}${code && !text.includes(code) ? ` (${code})` : ''}`;
  if (text.startsWith('SASL: '))
    return { message: `logging in to ${server} failed: ${said}`, hint: `check the password of user ${user}` };
  return { message: said, hint: 'if the same command fails this way again, report it with the message above' };
}
