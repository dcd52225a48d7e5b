import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { intents } from '#api/intents.ts';
import { intentFault } from './validate.ts';

const cases: Record<string, { type: string; intent: { action: string; params?: Record<string, never> | object }; want: string | undefined }> = {
  'AnalyzeCode needs no parameters': { type: 'Analyzer', intent: { action: 'AnalyzeCode' }, want: undefined },
  'AnalyzeCode takes an area and measures': { type: 'Analyzer', intent: { action: 'AnalyzeCode', params: { area: 'src/core', measures: ['languages', 'imports'] } }, want: undefined },
  'an area must not lead out of the workspace': { type: 'Analyzer', intent: { action: 'AnalyzeCode', params: { area: 'src/../..' } }, want: 'tasks[1].intent.params.area: must be a relative path without ..' },
  'an area must not be absolute': { type: 'Analyzer', intent: { action: 'AnalyzeCode', params: { area: '/etc' } }, want: 'tasks[1].intent.params.area: must be a relative path without ..' },
  'names with two dots inside are fine': { type: 'Analyzer', intent: { action: 'AnalyzeCode', params: { area: 'a..b/c' } }, want: undefined },
  'an unknown parameter is named': { type: 'Analyzer', intent: { action: 'AnalyzeCode', params: { aera: 'src' } }, want: 'tasks[1].intent.params: Unrecognized key: "aera"' },
  'CountPatterns takes literal texts': { type: 'Analyzer', intent: { action: 'CountPatterns', params: { patterns: [{ name: 'notes', text: 'FIXME' }] } }, want: undefined },
  'a count needs a name that goals can read': { type: 'Analyzer', intent: { action: 'CountPatterns', params: { patterns: [{ name: 'a b', text: 'x' }] } }, want: 'tasks[1].intent.params.patterns[0].name: must be letters, digits and underscores' },
  'WriteReport needs a title': { type: 'Analyzer', intent: { action: 'WriteReport' }, want: 'tasks[1].intent.params.title: Invalid input: expected string, received undefined' },
  'RunCommand takes argv': { type: 'Tester', intent: { action: 'RunCommand', params: { command: ['make', 'check'], expectExitCode: 2, timeoutSeconds: 60 } }, want: undefined },
  'RunCommand takes no shell line': { type: 'Tester', intent: { action: 'RunCommand', params: { command: 'make check' } }, want: 'tasks[1].intent.params.command: Invalid input: expected array, received string' },
  'RunTests detects by itself': { type: 'Tester', intent: { action: 'RunTests' }, want: undefined },
  'RunTests knows its frameworks': { type: 'Tester', intent: { action: 'RunTests', params: { framework: 'ava' } }, want: 'tasks[1].intent.params.framework: Invalid option: expected one of "auto"|"vitest"|"jest"|"node"|"mocha"|"pytest"|"go"|"cargo"' },
  'JudgeWork wants to know how many votes are enough': { type: 'Tester', intent: { action: 'JudgeWork', params: { rubric: 'x', votes: 3 } }, want: 'tasks[1].intent.params.quorum: Invalid input: expected number, received undefined' },
  'an action of another role is unknown': { type: 'Analyzer', intent: { action: 'RunTests' }, want: 'tasks[1].intent.action: Analyzer does not know RunTests; it knows AnalyzeCode, CountPatterns, WriteReport, ExplainCode' },
  'a name of the language\'s own objects is no action': { type: 'Tester', intent: { action: 'constructor' }, want: 'tasks[1].intent.action: Tester does not know constructor; it knows RunCommand, RunTests, WriteTests, VerifyCommand, VerifyArtifact, JudgeWork' },
  'a role of one\'s own may be asked for anything': { type: 'Painter', intent: { action: 'PaintWall', params: { colour: 'red' } }, want: undefined },
  'but within the limits of parameters': { type: 'Painter', intent: { action: 'PaintWall', params: { litres: 1.5 } }, want: 'tasks[1].intent.params.litres: must be a whole number' },
  'parameters may have 4 KiB': { type: 'Painter', intent: { action: 'PaintWall', params: { text: 'x'.repeat(4000) } }, want: undefined },
  'and no more': { type: 'Painter', intent: { action: 'PaintWall', params: { text: 'x'.repeat(4096) } }, want: 'tasks[1].intent.params: 4107 bytes, the limit is 4096' },
};

describe('intentFault', () => {
  test.each(Object.entries(cases))('%s', (_, { type, intent, want }) => {
    expect(intentFault(type, intent as Parameters<typeof intentFault>[1], 'tasks[1].intent')).toBe(want);
  });

  test('never throws, and a fault starts with its field and stays short', () => {
    fc.assert(
      fc.property(fc.constantFrom('Analyzer', 'Tester', 'Other', '__proto__'), fc.constantFrom('AnalyzeCode', 'CountPatterns', 'RunCommand', 'x'), fc.dictionary(fc.string(), fc.jsonValue()), (type, action, params) => {
        const fault = intentFault(type, { action, params: params as never }, 'spec.intent') ?? 'spec.intent';
        expect(fault.startsWith('spec.intent')).toBe(true);
      }),
    );
  });
});

test('every intent and every parameter has a description', () => {
  for (const { description, params } of Object.values(intents).flatMap((actions) => Object.values(actions))) {
    expect(description).toMatch(/\.$/);
    const { properties = {} } = z.toJSONSchema(params) as { properties?: Record<string, { description?: string }> };
    for (const property of Object.values(properties)) expect(property.description).toMatch(/\.$/);
  }
});
