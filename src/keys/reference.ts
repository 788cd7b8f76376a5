/** Where a wrapped key can be unwrapped, or a key read. The form is that of Go CDK: https://gocloud.dev/howto/secrets/ (2026-11). */
export interface Reference {
  readonly scheme: Scheme;
  /** What the source calls the key-encryption key, or the secret: all between the slashes and the question mark. */
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** What follows the number sign: the wrapped data key, or the field of a secret. */
  readonly fragment: string;
}

export type Scheme = 'awskms' | 'hashivault' | 'vaultkv';

type Parsed =
  | { readonly kind: 'reference'; readonly reference: Reference }
  | { readonly kind: 'problem'; readonly problem: string };

const SCHEMES: readonly Scheme[] = ['awskms', 'hashivault', 'vaultkv'];

/** The parameters that each scheme has. */
const PARAMETERS: Readonly<Record<Scheme, RegExp>> = {
  awskms: /^(region|context_.+)$/u,
  hashivault: /^engine$/u,
  vaultkv: /^(engine|version)$/u,
};

const FRAGMENT: Readonly<Record<Scheme, string>> = {
  awskms: 'the wrapped key',
  hashivault: 'the wrapped key',
  vaultkv: 'the name of a field',
};

/** @returns the reference, or what is wrong with it, to be read after the name of the variable; it quotes nothing of the text */
export function parseReference(text: string): Parsed {
  const parsed = parsePlace(text);
  if (parsed.kind === 'problem' || parsed.reference.fragment !== '') return parsed;
  return { kind: 'problem', problem: `has nothing after the #: ${FRAGMENT[parsed.reference.scheme]} belongs there` };
}

/** The same for a reference whose fragment may be missing, as generate-key --in takes it. */
export function parsePlace(text: string): Parsed {
  const [start = '', ...behind] = text.split('#');
  const [place = '', query = ''] = start.split(/\?(.*)/su);
  const [, named = '', slashed = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/isu.exec(place) ?? [];
  const scheme = SCHEMES.find((known) => known === named);
  if (scheme === undefined)
    return { kind: 'problem', problem: `does not begin with ${SCHEMES.map((known) => `${known}://`).join(' or ')}` };
  if (/[\s\p{Cc}]/u.test(text)) return { kind: 'problem', problem: 'contains white space or control characters' };
  const name = decoded(slashed.replace(/^\//u, ''));
  if (name === null) return { kind: 'problem', problem: 'contains a % that is not part of an escape' };
  if (name === '' || name.split('/').some((each) => ['', '.', '..'].includes(each))) {
    return { kind: 'problem', problem: `names no key between ${scheme}:// and the #` };
  }
  const parameters = new Map<string, string>();
  for (const [parameter, value] of new URLSearchParams(query)) {
    if (!PARAMETERS[scheme].test(parameter))
      return { kind: 'problem', problem: `has a parameter that ${scheme}:// does not know` };
    if (parameters.has(parameter)) return { kind: 'problem', problem: 'has the same parameter twice' };
    parameters.set(parameter, value);
  }
  return { kind: 'reference', reference: { scheme, name, parameters, fragment: behind.join('#') } };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
