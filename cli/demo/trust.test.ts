import { expect, test } from 'vitest';
import { errorLine } from '../failure.ts';
import { trustFault, type TrustQuestion } from './trust.ts';

const question: TrustQuestion = { repository: { kind: 'folder', folder: '/theirs' }, own: '/ours', trusted: false, isolated: { status: 'False', message: '2 of 2 agents run code without a sandbox boundary' } };

const cases: Record<string, { change: Partial<TrustQuestion>; says: string | undefined }> = {
  'a repository of somebody else needs a boundary': { change: {}, says: 'error: run the tests of /theirs: its code would not be fully isolated from this machine (2 of 2 agents run code without a sandbox boundary) ; next: if you trust that code: repeat with TRUST=1, or --trust' },
  'a URL is somebody else': { change: { repository: { kind: 'url', url: 'https://example.org/r.git' } }, says: expect.stringContaining('https://example.org/r.git') as string },
  'not knowing is no boundary': { change: { isolated: undefined }, says: expect.stringContaining('no agent has said') as string },
  'inside a boundary everything may run': { change: { isolated: { status: 'True', message: '' } }, says: undefined },
  'this project runs its own code': { change: { repository: { kind: 'folder', folder: '/ours' } }, says: undefined },
  'the user may trust': { change: { trusted: true }, says: undefined },
};
test.each(Object.entries(cases))('%s', (_, { change, says }) => {
  const fault = trustFault({ ...question, ...change });
  expect(fault && errorLine(fault)).toEqual(says);
});
