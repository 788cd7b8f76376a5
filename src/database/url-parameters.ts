/** What pg's client reads from a URL (ConnectionParameters and pg-connection-string, 8.23): the tool passes on those for the login. */
const OF_PG = `
  host port user password ssl sslmode sslcert sslkey sslrootcert sslnegotiation uselibpqcompat
  options application_name fallback_application_name client_encoding binary
  statement_timeout lock_timeout idle_in_transaction_session_timeout query_timeout`;

/** What Prisma reads in addition, so that the application's own URL can be used: https://www.prisma.io/docs/orm/overview/databases/postgresql */
const OF_PRISMA = `
  schema connection_limit connect_timeout pool_timeout socket_timeout pgbouncer statement_cache_size
  max_connection_lifetime max_idle_connection_lifetime single_use_connections
  sslaccept sslidentity sslpassword channel_binding`;

const KNOWN = (OF_PG + OF_PRISMA).trim().split(/\s+/u).sort();

/** pg treats any other value as missing, or as another mode (8.23). It does not support `allow`. */
const VALUES = new Map([
  ['sslmode', ['disable', 'no-verify', 'prefer', 'require', 'verify-ca', 'verify-full']],
  ['ssl', ['true', 'false', '1', '0']],
  ['sslnegotiation', ['postgres', 'direct']],
  ['uselibpqcompat', ['true', 'false']],
]);

/**
 * Says what is wrong with the parameters of a connection URL, as the end of a sentence. No value is quoted, and a name only
 * if it cannot be the rest of a password.
 *
 * @returns null if every parameter is known and occurs once
 */
export function parameterProblem(parameters: URLSearchParams): string | null {
  const seen = new Set<string>();
  for (const [name, value] of parameters) {
    if (!KNOWN.includes(name)) {
      const isName = /^[a-z_]{2,40}$/iu.test(name) && !parameters.has('password') && !/@|%40/u.test(parameters.toString());
      return `has ${isName ? `the unknown query parameter ${name}` : 'an unknown query parameter'}: known parameters are ${KNOWN.join(', ')}`;
    }
    if (seen.has(name)) return `has the query parameter ${name} twice`;
    seen.add(name);
    const values = VALUES.get(name);
    if (values !== undefined && !values.includes(value))
      return `has an unknown value for ${name}: known values are ${values.join(', ')}`;
    if (name === 'schema' && value === '') return 'has an empty schema';
    // pg would read 5432x as 5432.
    if (name === 'port' && !/^\d{1,5}$/u.test(value)) return 'has a port that is not a number';
  }
  return tlsProblem(parameters);
}

function tlsProblem(parameters: URLSearchParams): string | null {
  const mode = parameters.get('sslmode');
  const off = mode === 'disable' || (mode === null && ['false', '0'].includes(parameters.get('ssl') ?? ''));
  if (off && parameters.get('sslnegotiation') === 'direct')
    return 'has sslnegotiation=direct, which needs TLS, but turns TLS off';
  if (mode === 'disable' && ['true', '1'].includes(parameters.get('ssl') ?? '')) return 'has both sslmode=disable and ssl=true';
  // Only sslmode=verify-full checks the name: with a public authority, anybody's certificate would pass.
  if (mode === 'verify-ca' && !parameters.get('sslrootcert'))
    return 'has sslmode=verify-ca without sslrootcert=FILE: name the certificate of the authority, or use sslmode=verify-full';
  if (mode === 'no-verify' && parameters.get('uselibpqcompat') === 'true')
    return 'has sslmode=no-verify, which uselibpqcompat=true does not support: leave uselibpqcompat out';
  return null;
}
