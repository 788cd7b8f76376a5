import { createHash } from 'node:crypto';

/** What all shares of a split have in common. */
export interface Split {
  /** Names the key. */
  readonly fingerprint: string;
  /** How many shares give the key. */
  readonly threshold: number;
  /** The SHA-256 of the value of every share in hex, in the order of their numbers. */
  readonly digests: readonly string[];
}

/** A share of a key, as its custodian holds it. */
export interface Share extends Split {
  /** Names the split: see `splitIdOf`. */
  readonly splitId: string;
  /** From 1. */
  readonly number: number;
  /** 33 bytes: 32 of a point on each polynomial, and the x that they have in common, as shamir-secret-sharing and Vault write them. */
  readonly value: Uint8Array;
}

/** The bytes of a value: those of the key, and one. */
export const VALUE_BYTES = 33;
/** Shares of a split at the most: there is no more x in GF(2^8). */
export const MOST_SHARES = 255;
/** Begins the line that says what the file is. */
export const FORMAT = 'format: rotate-encryption-key escrow share, version ';
export const VERSION = '1';
/** Begins the name of a line with a digest; the number of the share follows. */
export const DIGEST = 'sha256 of value ';

/**
 * Names a split by all that its shares must agree on: 32 hex characters of SHA-256. Shares with the same id are of the same split of the
 * same key, and no share can be given another value without changing it.
 */
export function splitIdOf({ fingerprint, threshold, digests }: Split): string {
  return sha256([fingerprint, threshold, ...digests].map((each) => `${each}\n`).join('')).slice(0, 32);
}

/** @returns the SHA-256 in hex */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** @returns `share 2 of 5` */
export function shareName({ number, digests }: Pick<Share, 'number' | 'digests'>): string {
  return `share ${number} of ${digests.length}`;
}

/**
 * Writes a share as lines of ASCII that a person can read, each `name: value`. The last is the SHA-256 of all bytes before it, so that
 * `head -n -1 FILE | sha256sum` checks it by hand.
 */
export function formatShare(share: Share): string {
  const { fingerprint, splitId, number, threshold, digests, value } = share;
  const lines = [
    `what: ${whatItIs(share)}`,
    `${FORMAT}${VERSION}`,
    `key: ${fingerprint}`,
    `split: ${splitId}`,
    `number: ${number}`,
    `total: ${digests.length}`,
    `threshold: ${threshold}`,
    `value: ${Buffer.from(value).toString('hex')}`,
    ...digests.map((digest, index) => `${DIGEST}${index + 1}: ${digest}`),
    'how: Shamir over GF(256) modulo 0x11b, for each byte of the key; a value is 32 bytes of y and one of x',
    'manual: docs/escrow.md of rotate-encryption-key, "Without this tool": twenty lines of Python',
  ];
  const text = `${lines.join('\n')}\n`;
  return `${text}checksum: ${sha256(text)}\n`;
}

function whatItIs(share: Share): string {
  const { threshold } = share;
  const what = `${shareName(share)} of an encryption key in escrow`;
  if (threshold === 1) return `${what}: whoever can read this has the key`;
  return `${what}: any ${threshold} give the key, fewer do not`;
}
