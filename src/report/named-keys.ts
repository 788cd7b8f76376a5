/** A key as it is printed. */
export interface NamedKey {
  readonly role: 'target' | 'source';
  readonly name: string;
  readonly fingerprint: string;
}
