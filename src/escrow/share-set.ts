import type { Problem } from '../text/problem.ts';
import { type Share, shareName } from './share.ts';

/** A share, and what a person calls it, such as its file. */
export interface NamedShare {
  readonly name: string;
  readonly share: Share;
}

/** @returns what keeps these shares from giving a key: others than of one split would give a wrong one */
export function setProblems(shares: readonly NamedShare[]): readonly Problem[] {
  const mixed =
    mixOf(shares, 'keys', ({ fingerprint }) => `key ${fingerprint}`) ??
    mixOf(shares, 'splits', ({ splitId }) => `split ${splitId}`);
  if (mixed !== null) return [mixed];
  const byNumber = grouped(shares, shareName);
  const doubles = [...byNumber].filter(([, names]) => names.length > 1);
  const threshold = shares[0]?.share.threshold ?? 0;
  const missing = threshold - byNumber.size;
  return [
    ...doubles.map(([number, names]) => ({
      message: `${names.join(' and ')} are the same share: ${number}`,
      hint: 'name each share once',
    })),
    ...(missing <= 0
      ? []
      : [
          {
            message: `${byNumber.size} of the ${threshold} shares that are needed are here: ${[...byNumber.keys()].join(', ')}`,
            hint: `ask other custodians for ${missing} more`,
          },
        ]),
  ];
}

function mixOf(shares: readonly NamedShare[], what: string, of: (share: Share) => string): Problem | null {
  const groups = [...grouped(shares, of)].map(([group, names]) => `${group} (${names.join(', ')})`);
  if (groups.length <= 1) return null;
  return {
    message: `the shares are of ${groups.length} ${what}: ${groups.join('; ')}`,
    hint: 'name shares of one split of one key',
  };
}

function grouped(shares: readonly NamedShare[], of: (share: Share) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { name, share } of shares) groups.set(of(share), [...(groups.get(of(share)) ?? []), name]);
  return groups;
}
