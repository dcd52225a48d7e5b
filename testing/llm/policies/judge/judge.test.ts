// The honest judge: by the rubric alone, and by what is in the work.
import { describe, expect, test } from 'vitest';
import { parseMessages } from '#testing/llm/request.ts';
import { judgePolicy } from './judge.ts';

const work = { changed: ['src/a.ts', 'docs/guide.md'], diff: '+++ b/src/a.ts\n+const limit = 3;\n-const limit = 2;', files: [{ path: 'docs/guide.md', text: 'Use --force. It ends at v1.2. "So" it is.' }], leftOut: 0 };

function ask(first: string, tools: readonly object[] = []) {
  return judgePolicy(parseMessages({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: first }], tools }));
}
const documents = (rubric: string) => `<work-json>\n${JSON.stringify(work)}\n</work-json>\n<rubric-json>\n${JSON.stringify({ rubric })}\n</rubric-json>`;

function judged(rubric: string) {
  const block = ask(documents(rubric))?.content[0];
  return JSON.parse(block?.type === 'text' ? block.text : 'null') as { verdict: string; sentences: { holds: boolean }[]; reason: string };
}

describe('a sentence', () => {
  const cases: Record<string, { rubric: string; want: readonly boolean[] }> = {
    'about a text that is in a file': { rubric: 'The guide contains "--force"', want: [true] },
    'about a text that came': { rubric: 'The code contains "limit = 3".', want: [true] },
    'about a text that went': { rubric: 'The code contains "limit = 2".', want: [false] },
    'about a text that is not there': { rubric: 'The guide does not contain "--quiet".', want: [true] },
    'about a changed file': { rubric: 'The work changes "src/a.ts".', want: [true] },
    'about a folder that must stay': { rubric: 'The work does not change "src".', want: [false] },
    'about a folder with a name that begins alike': { rubric: 'The work does not change "sr".', want: [true] },
    'each for itself, on lines or in a row': { rubric: 'It contains "v1.2". It contains "v9"\nIt does not change "test/"', want: [true, false, true] },
    'that nobody here understands': { rubric: 'The guide is beautiful.', want: [false] },
  };
  test.each(Object.entries(cases))('%s', (_, { rubric, want }) => {
    const { verdict, sentences } = judged(rubric);
    expect(sentences.map(({ holds }) => holds)).toEqual(want);
    expect(verdict).toBe(want.every(Boolean) ? 'yes' : 'no');
  });

  test('that does not hold is the reason', () => expect(judged('It contains "v1". It contains "v9".').reason).toBe('This does not hold: It contains "v9"'));
});

describe('no case of a judge', () => {
  const cases: Record<string, { text: string; tools?: readonly object[] }> = {
    'a question of somebody else': { text: '<mission-json>\n{"goal":"x"}\n</mission-json>' },
    'a talk with tools': { text: documents('x'), tools: [{ name: 'a', input_schema: { type: 'object' } }] },
    'a case with two rubrics': { text: `${documents('x')}\n${documents('y')}` },
    'a case with half a rubric': { text: documents('x').replace('"x"', '"x') },
  };
  test.each(Object.entries(cases))('%s', (_, { text, tools }) => expect(ask(text, tools)).toBeUndefined());
});
