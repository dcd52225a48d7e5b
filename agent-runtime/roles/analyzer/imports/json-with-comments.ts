// JSON as tsconfig.json has it: with comments and trailing commas.

const texts = String.raw`"(?:[^"\\]|\\.)*"`;
// An unclosed comment reaches to the end, so that each character is looked at once.
const comments = new RegExp(String.raw`${texts}|\/\/[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$)`, 'g');
const trailingCommas = new RegExp(String.raw`${texts}|,(?=\s{0,200}[}\]])`, 'g');

/** The value of a text, or undefined when it is not JSON even without its comments. */
export function parseJsonWithComments(text: string): unknown {
  const withoutComments = text.replaceAll(comments, (found) => (found.startsWith('"') ? found : ' '));
  try {
    return JSON.parse(withoutComments.replaceAll(trailingCommas, (found) => (found.startsWith('"') ? found : '')));
  } catch {
    return undefined;
  }
}
