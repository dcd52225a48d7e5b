// An honest judge of simple rubrics: it looks in the work for what each sentence asks, and what it does not understand does not hold.
import { type Policy, say } from '#testing/llm/policy.ts';
import { caseIn, type Work } from './document.ts';

/** Answers requests that hold a rubric and a work. */
export const judgePolicy: Policy = (request) => {
  const found = request.tools.length === 0 ? caseIn(request) : undefined;
  return found && say(JSON.stringify(judgementOf(found.rubric, found.work)));
};

interface Judgement {
  readonly sentences: readonly { readonly sentence: string; readonly holds: boolean }[];
  readonly reason: string;
  readonly verdict: 'yes' | 'no';
}

function judgementOf(rubric: string, work: Work): Judgement {
  const sentences = sentencesOf(rubric).map((sentence) => ({ sentence, holds: holds(sentence, work) }));
  const wrong = sentences.find((each) => !each.holds);
  return { sentences, reason: wrong === undefined ? 'Every sentence holds.' : `This does not hold: ${wrong.sentence}`, verdict: wrong === undefined ? 'yes' : 'no' };
}

/** A sentence ends its line, or with a full stop before the next one; what stands in quotes ends none. */
function sentencesOf(rubric: string): string[] {
  return (rubric.match(/(?:"[^"\n]*"|[^".\n]|\.(?!\s|$))+/gm) ?? []).map((sentence) => sentence.trim()).filter((sentence) => sentence !== '');
}

/** `contains "x"`, `does not contain "x"`, `changes "path"`, `does not change "path"`, whatever stands before it. */
function holds(sentence: string, work: Work): boolean {
  const [, negation, verb = '', quoted = ''] = /\b(does not |do not )?(contains?|changes?) "([^"]+)"$/.exec(sentence) ?? [];
  if (quoted === '') return false;
  const is = verb.startsWith('contain') ? textsOf(work).some((text) => text.includes(quoted)) : work.changed.some((path) => isAtOrBelow(path, quoted));
  return is === (negation === undefined);
}

/** Files as they are, and what came in the diff. */
function textsOf({ files, diff }: Work): readonly string[] {
  return [...files.map(({ text }) => text), ...diff.split('\n').filter((line) => line.startsWith('+'))];
}

function isAtOrBelow(path: string, place: string): boolean {
  return path === place || path.startsWith(place.endsWith('/') ? place : `${place}/`);
}
