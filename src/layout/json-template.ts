import { stringMembers } from './json-members.ts';
import { fitting, type Misfit } from './misfit.ts';
import type { Encoding, Piece } from './template.ts';
import { createTextTemplate, type FilledSlot, type Template } from './text-template.ts';

/** A member of the object that has a template: the text as it is written in JSON, what it stands for, and its runs. */
interface FilledMember {
  readonly template: Template;
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly slots: readonly FilledSlot[];
}

/**
 * A JSON object some of whose members are templates. All that is around them stays as it is written.
 *
 * @param members - by name, the templates of the members
 */
export function createJsonTemplate(encoding: Encoding, members: Readonly<Record<string, readonly Piece[]>>): Template {
  const templates = new Map(Object.entries(members).map(([key, pieces]) => [key, createTextTemplate(encoding, pieces)]));

  return {
    split(json) {
      const filled = fill(json);
      return typeof filled === 'string' ? filled : filled.flatMap(({ slots }) => slots);
    },

    join(json, encode) {
      const filled = fitting(fill(json));
      const isSlashed = filled.some(({ text, from, to }) => json.slice(from, to) !== JSON.stringify(text));
      let result = '';
      let end = 0;
      for (const { template, text, from, to } of filled) {
        const escapes = text.includes('/') ? json.slice(from, to) !== JSON.stringify(text) : isSlashed;
        result += json.slice(end, from) + quoted(template.join(text, encode), escapes);
        end = to;
      }
      return result + json.slice(end);
    },
  };

  function fill(json: string): readonly FilledMember[] | Misfit {
    const found = stringMembers(json, templates);
    if (typeof found === 'string') return found;
    const filled: FilledMember[] = [];
    for (const { as: template, text, from, to } of found) {
      const written = json.slice(from, to);
      if (written !== quoted(text, false) && written !== quoted(text, true)) return 'json-escapes';
      const slots = template.split(text);
      if (typeof slots === 'string') return slots;
      filled.push({ template, text, from, to, slots });
    }
    return filled;
  }
}

/** @param isSlashed - whether `/` is written `\\/`, as PHP and some others do */
function quoted(text: string, isSlashed: boolean): string {
  const json = JSON.stringify(text);
  return isSlashed ? json.replaceAll('/', '\\/') : json;
}
