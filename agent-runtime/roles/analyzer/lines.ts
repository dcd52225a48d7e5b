// Counting lines of texts.

/** Ends of lines in a text. */
export function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** Lines of a text: the last one counts also without a newline. */
export function countLines(text: string): number {
  const lines = countNewlines(text);
  return text === '' || text.endsWith('\n') ? lines : lines + 1;
}
