/** The settings of a systemd unit: for each name all its values, in their order. */
export type UnitFile = ReadonlyMap<string, readonly string[]>;

/** Reads a systemd unit that has no continued lines and no quotes. */
export function readUnitFile(text: string): UnitFile {
  const unit = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const setting = /^(?<name>\w+)=(?<value>.*)$/u.exec(line)?.groups;
    if (setting !== undefined)
      unit.set(setting['name'] ?? '', [...(unit.get(setting['name'] ?? '') ?? []), setting['value'] ?? '']);
    else if (!/^(?:#.*|\[\w+\]|)$/u.test(line)) throw new Error(`not a line of a unit: ${line}`);
  }
  return unit;
}

/** @returns the only value of a setting */
export function only(unit: UnitFile, name: string): string {
  const [value, ...others] = unit.get(name) ?? [];
  if (value === undefined || others.length > 0) throw new Error(`${name} is not set once`);
  return value;
}
