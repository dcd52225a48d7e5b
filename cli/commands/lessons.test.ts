// Lessons for people: what was given and what was left, data for programs, and words for those who get no answer.
import { Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import type { Lesson, LessonsAnswer } from '#api/memory.ts';
import { MemoryService } from '#platform/rpc/generated/coditect/v1alpha1/memory_pb.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { fakeCluster, fakeSession } from '../access/fake.ts';
import { memoryCalls } from '../access/memory.ts';
import { errorLine } from '../failure.ts';
import { fakeTerminal } from '../terminal/fake.ts';
import { lessonsCommand } from './lessons.ts';

const lesson: Lesson = { id: 'uid-1', goal: 'Mend the\n\u001B[31mparser.', verdict: 'Failed', because: 'goal works was not met: 2 tests fail', plan: ['mend: Coder/FormatCode', 'tests: Tester/RunTests after mend'], goals: [{ name: 'works', state: 'Unmet' }], language: 'TypeScript', costUsd: '0.25', seconds: 90 };
const answer: LessonsAnswer = { mission: 'examine', given: [{ plan: 'examine-plan-1', ids: ['uid-1', 'uid-9'], lessons: [lesson] }], left: [{ ...lesson, id: 'uid-2', verdict: 'Worked', because: 'met: works', plan: [] }], episodes: 3, unchecked: 1 };

async function lessons(json: boolean, given: string | ConnectError = JSON.stringify(answer)) {
  const terminal = fakeTerminal();
  const asked: unknown[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(MemoryService, {
      lessons: ({ mission }) => {
        asked.push([mission?.namespace, mission?.name]);
        if (given instanceof ConnectError) throw given;
        return { answerJson: given };
      },
    });
  });
  const session = { ...fakeSession({ terminal, clock: new ManualClock(), cluster: fakeCluster(undefined) }), openMemory: async ({ namespace }: { readonly namespace: string }) => ({ ...memoryCalls(createClient(MemoryService, transport), namespace), close: async () => {} }) };
  const ended = await lessonsCommand(session, 'examine', { json }).catch(errorLine);
  return { ended, asked, out: terminal.out(), notes: terminal.notes };
}

describe('lessons', () => {
  test('are told with what decided them, without a character that a terminal would obey', async () => {
    const { ended, asked, out, notes } = await lessons(false);
    expect([ended, asked]).toEqual([0, [['demo', 'examine']]]);
    expect(out).toMatchInlineSnapshot(`
      "given to plan examine-plan-1
        ✖ Failed  Mend the parser.
          because  goal works was not met: 2 tests fail
          plan     mend: Coder/FormatCode
                   tests: Tester/RunTests after mend
          cost     0.25 USD, 90 s  (uid-1)
        uid-9: not kept any more
      left by mission examine
        ✔ Worked  Mend the parser.
          because  met: works
          cost     0.25 USD, 90 s  (uid-2)
      "
    `);
    expect(notes).toEqual(['3 episodes are kept of this mission, 1 of them unchecked: no plan is made from those.']);
  });

  test('are data for programs', async () => expect(JSON.parse((await lessons(true)).out)).toEqual({ namespace: 'demo', ...answer }));

  test('of which there are none say when there will be some', async () => {
    expect((await lessons(false, JSON.stringify({ mission: 'examine', given: [], left: [], episodes: 0, unchecked: 0 }))).notes).toEqual([expect.stringMatching(/^nothing is remembered of mission examine ; next: .*docs\/memory\.md$/)]);
  });

  const wrong: Record<string, { given: string | ConnectError; want: RegExp }> = {
    'a mirror without a memory': { given: new ConnectError('there is no memory', Code.FailedPrecondition), want: /there is no memory.*docs\/memory\.md/ },
    'an older mirror': { given: new ConnectError('x', Code.Unimplemented), want: /docs\/memory\.md/ },
    'somebody who may not': { given: new ConnectError('no', Code.PermissionDenied), want: /PermissionDenied: no.*ask for get on missions/ },
    'an answer of another version': { given: '{"left":1}', want: /a form that this plugin does not know/ },
    'an answer that is none': { given: '{', want: /a form that this plugin does not know/ },
  };
  test.each(Object.entries(wrong))('%s is told with what to do', async (_, { given, want }) => expect((await lessons(false, given)).ended).toMatch(want));
});
