// The standing of a Coder on paper: what is read is what was written, and what another agent cannot go on from is told from what it can.
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';
import { contextOver } from '#agent-runtime/roles/fixtures.ts';
import { coderTools } from '#agent-runtime/thinking/tools/all.ts';
import { Workbench } from '#agent-runtime/thinking/workbench.ts';
import { type CoderStanding, readStanding, rulesOf, sheetOf, turnsUntil } from './standing.ts';

const tools = coderTools(new Workbench(contextOver('/nowhere')), false);
const rules = rulesOf(tools, [], { tiers: ['small', undefined], maxTurns: 30 });
const digest = 'd'.repeat(64);
const usage = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4, costMicroUsd: 5 };
const turn = { turn: 1, model: 'm', said: 'I look.', usage, calls: [{ tool: 'read_file', input: { path: 'a' }, outputBytes: 7, outcome: 'done' as const }] };
const talk: CoderStanding['standing']['talk'] = [
  { role: 'user', content: [{ type: 'text', text: '<task>x</task>' }] },
  // Fields in an order that no schema has.
  { role: 'assistant', content: [{ id: 'c1', signature: 's', type: 'tool_use', input: { z: 1, a: 2 } }] as never },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'text of a file' }] },
];
const standing: CoderStanding = {
  first: 0,
  tried: [{ tier: 1, modelName: 'small', maxTurns: 15, turnsBefore: 0, isOneOfMany: true, thought: { end: { kind: 'stuck', message: 'in circles' }, turns: [turn] } }],
  tested: { testsRun: 1, lastTestExitCode: 1 },
  bench: { written: [['a', digest]], tests: 'failed', isStale: true, testsRun: 2, exitCode: 1, tree: 'e'.repeat(40) },
  standing: { turns: [{ ...turn, turn: 2 }], talk, memory: { calls: new Map([[digest, 2]]), known: new Set([digest]), idleTurns: 1, wrongInputs: 2, silentTurns: 0 } },
};
const sheet = JSON.parse(JSON.stringify(sheetOf(rules, standing))) as JsonObject;

test('what is read is what was written, and the conversation to the byte', () => {
  const read = readStanding(sheet, rules);
  expect(read).toEqual({ kind: 'standing', standing });
  expect(JSON.stringify(read.kind === 'standing' && read.standing.standing.talk)).toBe(JSON.stringify(talk));
  expect(turnsUntil(standing)).toBe(2);
});

describe('cannot be gone on from', () => {
  const cases: Record<string, { work?: unknown; ours?: typeof rules; why: string }> = {
    'what is no object': { work: 'x', why: 'it cannot be read: ' },
    'what lacks a part': { work: { ...sheet, memory: undefined }, why: 'it cannot be read: memory' },
    'what has a part more': { work: { ...sheet, more: 1 }, why: 'it cannot be read: ' },
    'a conversation that ends with the model': { work: { ...sheet, talk: (sheet['talk'] as Json[]).slice(0, 2) }, why: 'it cannot be read: talk' },
    'a conversation that has not begun': { work: { ...sheet, talk: [] }, why: 'it cannot be read: talk' },
    'a conversation with a third party': { work: { ...sheet, talk: [...(sheet['talk'] as Json[]), { role: 'system', content: [] }] }, why: 'it cannot be read: talk' },
    'no turn at all': { work: { ...sheet, turns: [] }, why: 'it cannot be read: turns' },
    'a negative count': { work: { ...sheet, first: -1 }, why: 'it cannot be read: first' },
    'another prompt': { ours: { ...rules, prompt: 'v99' }, why: 'its prompt is v2, that of this agent v99' },
    'fewer tools': { ours: rulesOf(tools.slice(1), [], { tiers: ['small', undefined], maxTurns: 30 }), why: 'it had other tools' },
    'tools of another server': { ours: rulesOf(tools, ['mcp_x_y'], { tiers: ['small', undefined], maxTurns: 30 }), why: 'it had other tools' },
    'another model': { ours: { ...rules, tiers: ['small', 'large'] }, why: 'it asked other models' },
    'another limit': { ours: { ...rules, maxTurns: 9 }, why: 'it had another maxTurns' },
    'the model after the last': { work: { ...sheet, first: 1 }, why: 'it had no model left' },
  };
  test.each(Object.entries(cases))('%s', (_, { work = sheet, ours = rules, why }) => expect(readStanding(work, ours)).toEqual({ kind: 'unusable', why }));
});
