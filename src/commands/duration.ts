const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** @returns a duration such as `30m`, `24h` or `365d`, in milliseconds; null if it is none */
export function parseDuration(text: string): number | null {
  const [, digits, unit] = /^(\d{1,5})([mhd])$/u.exec(text) ?? [];
  return digits === undefined ? null : Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

/** @returns the duration in its largest whole unit, such as `3 days` */
export function said(milliseconds: number): string {
  if (milliseconds < UNIT_MS.m) return 'less than a minute';
  const [size, unit] =
    milliseconds >= 2 * UNIT_MS.d ? [UNIT_MS.d, 'day'] : milliseconds >= UNIT_MS.h ? [UNIT_MS.h, 'hour'] : [UNIT_MS.m, 'minute'];
  const count = Math.floor(milliseconds / Number(size));
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
