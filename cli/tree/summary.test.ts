import { expect, test } from 'vitest';
import { Artifact } from '#api/v1alpha1/schema.ts';
import type { Goal } from '#api/v1alpha1/mission.ts';
import { styleOf } from '../terminal/style.ts';
import { aMission, aTask, ended, succeeded } from '../world/fixture.ts';
import { summary } from './summary.ts';

const page = { columns: 100, style: styleOf({ colours: false, unicode: true }), reach: ['-n', 'demo'] };
const goals: Goal[] = [
  { name: 'files-read', description: 'There is code', required: true, check: { expression: 'tasks["survey"].observed.files > 0' } },
  { name: 'clean', required: false, check: { expression: 'tasks["check"].outcome == "Succeeded"' } },
];
const artifact = (name: string, mediaType: string) => Artifact.parse({ name, mediaType, uri: `blob:n/o/${'a'.repeat(64)}`, sha256: 'a'.repeat(64), sizeBytes: 3482 });

test('a mission that failed: goals with evidence, failed tasks with the next step, artifacts and commands', () => {
  const mission = aMission(
    { survey: [], check: ['survey'] },
    {
      conditions: [succeeded('False', 'TaskFailed', 'task check failed: exit code 1')],
      durationSeconds: 12,
      tasksDone: '2/2',
      goals: [
        { name: 'files-read', state: 'Met', reason: 'Met', evidence: 'tasks["survey"].observed.files = 123' },
        { name: 'clean', state: 'Unmet', reason: 'ExpressionFalse', evidence: 'tasks["check"].outcome = "Failed"' },
      ],
    },
    goals,
  );
  const tasks = [
    aTask('check', ['survey'], ended('Failed', { reason: 'ActionFailed', message: 'exit code 1' })),
    aTask('survey', [], { ...ended('Succeeded'), artifacts: [artifact('log', 'text/plain'), artifact('report.md', 'text/markdown')] }),
  ];
  expect(summary({ mission, tasks }, page)).toMatchInlineSnapshot(`
    [
      "Mission examine failed: TaskFailed (12s, 2/2 tasks)",
      "  task check failed: exit code 1",
      "",
      "Goals",
      "  ✔ files-read Met  There is code",
      "      evidence: tasks["survey"].observed.files = 123",
      "  ✖ clean Unmet (not required)",
      "      ExpressionFalse; evidence: tasks["check"].outcome = "Failed"",
      "",
      "Failed tasks",
      "  ✖ check ActionFailed: exit code 1",
      "      next: Read the message and the log: kubectl mission logs.",
      "",
      "Artifacts",
      "  survey  report.md  3.4 KiB  text/markdown",
      "",
      "Commands",
      "  kubectl mission tree examine -n demo",
      "  kubectl mission logs examine -n demo",
      "  kubectl mission why examine -n demo",
      "  kubectl mission artifacts get examine survey report.md -n demo",
      "  kubectl describe missions.coditect.ai examine -n demo",
    ]
  `);
});

test('what language models have cost is one line, when one was called', () => {
  const usage = { inputTokens: 10_000, outputTokens: 2000, cacheReadTokens: 345, cacheWriteTokens: 0, calls: 3, costUsd: '0.0123', reservedUsd: '0.00', settledTime: '2026-11-22T12:00:13Z' };
  const { settledTime: _, ...unsettled } = usage;
  const ended = { conditions: [succeeded('True', 'TasksSucceeded', 'all 1 tasks have succeeded')], durationSeconds: 12, tasksDone: '1/1' };
  const own = aMission({ a: [] }, { ...ended, usage });
  const cases = {
    'Cost 0.0123 USD, 3 calls, 12,345 tokens (345 cached)': own,
    'Cost so far 0.0123 USD, 3 calls, 12,345 tokens (345 cached)': { ...own, status: { ...own.status, usage: unsettled } },
    'Cost 0.0123 USD of 2.00, 3 calls, 12,345 tokens (345 cached)': { ...own, spec: { ...own.spec, budget: { maxCostUsd: '2.00', warnPercent: 80, onExceeded: 'Fail' as const } } },
    'Cost 0.0123 USD, 3 calls, 12,345 tokens (345 cached), 1 call saved 0.0041 USD': { ...own, status: { ...own.status, usage: { ...usage, cachedCalls: 1, savedUsd: '0.0041' } } },
    'Cost 0.0123 USD, 3 calls, 12,345 tokens (345 cached), 5 calls saved 0.0041 USD': { ...own, status: { ...own.status, usage: { ...usage, cachedCalls: 1, downgradedCalls: 2, batchedCalls: 2, savedUsd: '0.0041' } } },
    'Cost 0.0123 USD, 1 call, 12,000 tokens': { ...own, status: { ...own.status, usage: { ...usage, cacheReadTokens: 0, calls: 1 } } },
  };
  for (const [want, mission] of Object.entries(cases)) expect(summary({ mission, tasks: [] }, page)[2]).toBe(`  ${want}`);
  expect(summary({ mission: aMission({ a: [] }, ended), tasks: [] }, page).join()).not.toContain('Cost');
});

test('a mission that was refused says what to correct', () => {
  const mission = aMission({ a: [] }, { conditions: [succeeded('False', 'NotAccepted'), { ...succeeded('False', 'InvalidGraph', 'tasks[0].dependsOn: no task b'), type: 'Accepted' }] });
  const text = summary({ mission, tasks: [] }, page).join('\n');
  expect(text).toContain('Mission examine failed: NotAccepted');
  expect(text).toContain('  InvalidGraph: tasks[0].dependsOn: no task b\n  next: Correct the field that the message names and apply again.');
});

test('evidence and messages cannot steer the terminal', () => {
  const evil = '\u001B]0;owned\u0007\u001B[2J';
  const mission = aMission({ a: [] }, { conditions: [succeeded('False', 'GoalsUnmet', evil)], goals: [{ name: 'files-read', state: 'Unmet', reason: 'ExpressionFalse', evidence: evil }] }, goals);
  const tasks = [aTask('a', [], ended('Failed', { reason: 'ActionFailed', message: evil }))];
  expect(summary({ mission, tasks }, page).join('')).not.toContain('\u001B');
});
