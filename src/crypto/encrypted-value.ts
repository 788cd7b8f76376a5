/** One AES-256-GCM value as bytes: iv 12 or 16, content 0 or more, tag 16. */
export interface EncryptedValue {
  readonly iv: Buffer;
  readonly content: Buffer;
  readonly tag: Buffer;
}

export type Part = keyof EncryptedValue;

/** 16 bytes is what many applications write; 12 bytes is what SP 800-38D, section 8.2, recommends. */
export const IV_BYTES: readonly number[] = [12, 16];
/** The tag is never shorter than 128 bits: SP 800-38D, appendix C, warns of shorter ones. */
export const TAG_BYTES: readonly number[] = [16];
