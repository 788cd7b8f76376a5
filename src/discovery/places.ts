import type { Part } from '../crypto/encrypted-value.ts';
import type { LayoutDefinition, Piece } from '../layout/template.ts';

/** Where parts of a value are: in a column, or in a member of the JSON object in it. */
export interface Place {
  readonly column: string;
  readonly member: string | null;
  readonly pieces: readonly Piece[];
}

/** @returns the places of a layout, without that of a key id */
export function placesOf({ columns }: LayoutDefinition): readonly Place[] {
  return columns.flatMap((layout): readonly Place[] => {
    const { column } = layout;
    if (layout.kind === 'key-id') return [];
    if (layout.kind !== 'json') return [{ column, member: null, pieces: layout.pieces }];
    return Object.entries(layout.members).map(([member, pieces]) => ({ column, member, pieces }));
  });
}

/** @returns the parts that are in a place */
export function partsIn({ pieces }: Place): readonly Part[] {
  return pieces.flatMap((piece) => ('run' in piece ? piece.run.map(({ part }) => part) : []));
}

/** @returns a text that is the same for the same place alone */
export function placeName({ column, member }: Omit<Place, 'pieces'>): string {
  return JSON.stringify([column, member]);
}

/** @param name - of a place. @returns that of the whole column, in which a template of text may spell out the object */
export function columnPlace(name: string): string {
  const [column]: readonly string[] = JSON.parse(name);
  return placeName({ column: `${column}`, member: null });
}
