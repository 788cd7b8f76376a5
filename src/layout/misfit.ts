/**
 * What keeps the text of a column from being what its layout says. Text of hex or base64 is meant where the layout has some:
 * - `null`: null, while another column of the value is not
 * - `empty`: no text, where there has to be some
 * - `not-hex`, `not-base64`, `not-base64url`: a character that the encoding does not have
 * - `odd-length`: hex with half a byte
 * - `bad-padding`: base64 with too many or too few `=`, or of a length that no bytes have
 * - `not-canonical`: base64 whose last character has bits that belong to no byte
 * - `wrong-length`: more or fewer bytes than the parts have
 * - `no-match`: the literal text of the template is not there
 * - `not-json`: not JSON at all
 * - `json-shape`: JSON, but no object that has the members of the template as strings
 * - `json-duplicate`: an object that has a member of the template twice
 * - `json-escapes`: a member with escapes that a new value could not be written with
 * - `aad-null`: null, while the associated data is made of it
 */
export type Misfit =
  | 'null'
  | 'empty'
  | 'not-hex'
  | 'not-base64'
  | 'not-base64url'
  | 'odd-length'
  | 'bad-padding'
  | 'not-canonical'
  | 'wrong-length'
  | 'no-match'
  | 'not-json'
  | 'json-shape'
  | 'json-duplicate'
  | 'json-escapes'
  | 'aad-null';

/**
 * @param answer - what was found in a text that is known to fit
 * @throws Error if it does not fit: whoever says so is wrong
 */
export function fitting<T extends object>(answer: T | Misfit): T {
  if (typeof answer === 'string') throw new Error(`the stored value that gives the form does not fit its layout: ${answer}`);
  return answer;
}
