const MARK = /\s*\/\/\/ (@encrypted(?:\((\w+)\))? .*)$/u;

/** A value of a schema text: as the tool names it, and the lines that mark its columns. */
export interface MarkedValue {
  readonly name: string;
  readonly lines: readonly number[];
}

/** @returns the values in the order of the text */
export function marksIn(schema: string): readonly MarkedValue[] {
  const values = new Map<string, number[]>();
  let model = '';
  for (const [index, line] of schema.split('\n').entries()) {
    model = /^model (\w+)/u.exec(line)?.[1] ?? model;
    const mark = MARK.exec(line);
    if (mark === null) continue;
    const name = mark[2] === undefined ? model : `${model}.${mark[2]}`;
    values.set(name, [...(values.get(name) ?? []), index]);
  }
  return [...values].map(([name, lines]) => ({ name, lines }));
}

/** @returns the schema without the marks on these lines, whose columns stay */
export function withoutMarks(schema: string, lines: readonly number[]): string {
  return schema
    .split('\n')
    .map((line, index) => (lines.includes(index) ? line.replace(MARK, '') : line))
    .join('\n');
}
