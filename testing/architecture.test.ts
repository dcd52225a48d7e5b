import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { violations } from './architecture.ts';
import { emptyRooms, readHouse, roomsOf } from './house.ts';

const root = dirname(import.meta.dirname);

test('the house keeps its borders', () => {
  const house = readHouse(root);
  expect(violations(house)).toEqual([]);
  expect(emptyRooms(roomsOf(root), house)).toEqual([]);
});

test('a house without files is broken', () => {
  expect(violations(new Map())).toEqual(['no files were seen: a check of nothing proves nothing']);
});

test('a room without a file is told', () => {
  expect(emptyRooms(['api', 'mirror'], new Map([['api/a.ts', '']]))).toEqual(['mirror/ holds no .ts file: a room comes with the first thing that needs it']);
});

/** Each house is broken in one way; `want` is what the sentence must say. */
const broken: Record<string, { house: Record<string, string>; want: string }> = {
  'a file lies in no room': { house: { 'garage/car.ts': '' }, want: 'garage/car.ts lies in no room' },
  'api imports a node builtin': { house: { 'api/a.ts': "import { readFile } from 'node:fs';" }, want: 'api/a.ts imports node:fs: api may import only' },
  'domain imports a package': { house: { 'domain/a.ts': "import { parse } from 'yaml';" }, want: 'domain/a.ts imports yaml' },
  'domain imports the hash package outside digest.ts': { house: { 'domain/plan/a.ts': "import { sha256 } from '@noble/hashes/sha2.js';" }, want: 'domain/plan/a.ts imports @noble/hashes' },
  'domain imports platform for a type': { house: { 'domain/a.ts': "import type { Clock } from '#platform/clock.ts';", 'platform/clock.ts': '' }, want: 'domain/a.ts imports platform/clock.ts' },
  'a decision imports its reconciler by a dotted path': { house: { 'operator/mission/decide/a.ts': "import { act } from '../act.ts';", 'operator/mission/act.ts': '' }, want: 'pure files of the operator may import only api/, domain/, ./' },
  'a re-export crosses a border': { house: { 'domain/a.ts': "export { b } from '#sandbox/b.ts';", 'sandbox/b.ts': '' }, want: 'domain/a.ts imports sandbox/b.ts' },
  'a dynamic import crosses a border': { house: { 'api/a.ts': "const b = await import('#domain/b.ts');", 'domain/b.ts': '' }, want: 'api/a.ts imports domain/b.ts' },
  'one vendor imports another': { house: { 'platform/rpc/a.ts': "import { b } from '#platform/kube/b.ts';", 'platform/kube/b.ts': '' }, want: 'platform/rpc may import only platform/rpc/' },
  'agents reach for Kubernetes': { house: { 'agent-runtime/a.ts': "import { b } from '#platform/kube/b.ts';", 'platform/kube/b.ts': '' }, want: 'and never platform/kube/' },
  'agents speak to servers of others outside their folder': { house: { 'agent-runtime/roles/a.ts': "import { Client } from '@modelcontextprotocol/client';" }, want: 'agent-runtime/roles/a.ts imports @modelcontextprotocol/client' },
  'cli starts a cluster outside the demo': { house: { 'cli/a.ts': "import { b } from '#devcluster/b.ts';", 'devcluster/b.ts': '' }, want: 'devcluster is for cli/demo' },
  'a kind takes code from another kind': { house: { 'operator/mission/a.ts': "import { b } from '../task/b.ts';", 'operator/task/b.ts': '' }, want: 'a kind takes from another one only types' },
  'a reconciler makes its own client': { house: { 'operator/mission/a.ts': "import { createKubeClient } from '#platform/kube/client.ts';", 'platform/kube/client.ts': '' }, want: 'imports createKubeClient of platform/kube/client.ts: adapters are made only in main.ts' },
  'somebody imports a main.ts': { house: { 'e2e/a.ts': "import '#operator/main.ts';", 'operator/main.ts': '' }, want: 'main.ts files start processes' },
  'a process imports a test double': { house: { 'operator/a.ts': "import { b } from '#testing/b.ts';", 'testing/b.ts': '' }, want: 'testing is for tests, e2e and bench' },
  'a process imports a fake': { house: { 'operator/a.ts': "import { b } from './fake-b.ts';", 'operator/fake-b.ts': '' }, want: 'fakes are for tests, e2e and bench' },
  'a process imports a script': { house: { 'cli/a.ts': "import { b } from '#scripts/b.ts';", 'scripts/b.ts': '' }, want: 'scripts are for testing, e2e and bench' },
  'a policy looks the answers up in the missions that it is measured with': { house: { 'testing/llm/policies/fix/a.ts': "import { faults } from '#bench/cost/corpus/faults.ts';", 'bench/cost/corpus/faults.ts': '' }, want: 'testing/llm/policies/fix/a.ts imports bench/cost/corpus/faults.ts: policies of the scripted model may import only' },
  'the server hands them to its policies': { house: { 'testing/llm/a.ts': "import { faults } from '#bench/cost/corpus/faults.ts';", 'bench/cost/corpus/faults.ts': '' }, want: 'bench is imported by nothing' },
  'a policy reads files': { house: { 'testing/llm/policies/a.ts': "import { readFile } from 'node:fs/promises';" }, want: 'testing/llm/policies/a.ts imports node:fs/promises' },
  'an import leads nowhere': { house: { 'api/a.ts': "import { b } from './b.ts';" }, want: 'api/a.ts imports ./b.ts, which does not exist' },
  'a pure file reaches a builtin through others': {
    house: { 'domain/a.ts': "import { b } from './b.ts';", 'domain/b.ts': "import { c } from '#api/c.ts';", 'api/c.ts': "import { d } from 'node:os';" },
    want: 'domain/a.ts -> domain/b.ts -> api/c.ts -> node:os: domain is pure',
  },
  'two rooms import each other': {
    house: { 'sandbox/a.ts': "import { b } from '#testing/b.ts';", 'testing/b.ts': "import { a } from '#sandbox/a.ts';" },
    want: 'rooms import each other: sandbox -> testing -> sandbox',
  },
  'two files import each other, one for a type only': {
    house: { 'api/a.ts': "import { b } from './b.ts';", 'api/b.ts': "import type { A } from './a.ts';" },
    want: 'files import each other: api/a.ts -> api/b.ts -> api/a.ts',
  },
  'three files import each other in a round': {
    house: { 'api/a.ts': "export type { C } from './c.ts';", 'api/b.ts': "import { a } from './a.ts';", 'api/c.ts': "import { b } from './b.ts';" },
    want: 'files import each other: api/a.ts -> api/c.ts -> api/b.ts -> api/a.ts',
  },
};

test.each(Object.entries(broken))('%s', (_, { house, want }) => {
  expect(violations(new Map(Object.entries(house))).join('\n')).toContain(want);
});

describe('what is allowed', () => {
  const fine: Record<string, Record<string, string>> = {
    'a kind takes a type and a port of another one': {
      'operator/mission/a.ts': "import type { B } from '../task/b.ts';\nimport { c } from '../task/agents-port.ts';",
      'operator/task/b.ts': '',
      'operator/task/agents-port.ts': '',
    },
    'main.ts makes adapters': { 'operator/main.ts': "import { createKubeClient } from '#platform/kube/client.ts';", 'platform/kube/client.ts': "import { Agent } from 'undici';" },
    'a comment or a template that looks like an import': { 'domain/a.ts': "// import 'node:fs'\n/* \nimport 'node:os';\n*/\nconst text = `\nimport 'node:net';\n`;" },
    'a type from an impure file': { 'operator/a.ts': "import type { Clock } from '#platform/clock.ts';", 'platform/clock.ts': "import { b } from 'node:timers';" },
  };

  test.each(Object.entries(fine))('%s', (_, house) => {
    expect(violations(new Map(Object.entries(house)))).toEqual([]);
  });
});
