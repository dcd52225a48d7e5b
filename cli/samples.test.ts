// The samples people start from must be right: schema, graph, intents and expressions, as the operator would judge them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { names } from '#api/labels.ts';
import { AgentPoolSpec } from '#api/v1alpha1/agentpool.ts';
import { agentPools, missions, tasks } from '#api/v1alpha1/kinds.ts';
import { MissionSpec } from '#api/v1alpha1/mission.ts';
import { TaskSpec } from '#api/v1alpha1/task.ts';
import { intentFault } from '#domain/intent/validate.ts';
import { firstPlanFault } from '#domain/plan/faults.ts';
import { faultNoPlanMends } from '#domain/planning/needs.ts';
import { parseManifests } from './world/manifest.ts';

const folder = join(import.meta.dirname, '..', 'config', 'samples');
const read = (file: string) => readFileSync(join(folder, file), 'utf8');
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
const ours = files.filter((file) => file !== '02-access.yaml');
const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');

function objectsOf(file: string) {
  return objectsIn(read(file));
}

function objectsIn(text: string) {
  const parsed = parseManifests(text);
  expect(parsed).toMatchObject({ kind: 'manifests' });
  return parsed.kind === 'manifests' ? parsed.manifests : [];
}

const texts = [...ours.map((file) => ({ file, text: read(file) })), { file: 'README.md', text: /```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? '' }];
const missionSpecs = texts.flatMap(({ file, text }) => objectsIn(text).filter(({ type }) => type === missions).map(({ object }) => ({ file, spec: MissionSpec.parse(object['spec']) })));

test('the README shows a mission', () => expect(missionSpecs.map(({ file }) => file)).toContain('README.md'));

test.each(ours)('%s is valid by the schemas, without unknown fields', (file) => expect(objectsOf(file).length).toBeGreaterThan(0));

test.each(missionSpecs)('the mission of $file is one that the operator accepts', ({ spec }) => expect(spec.planner === undefined ? firstPlanFault(spec) : faultNoPlanMends(spec)).toBeUndefined());

test('a task alone has a right intent', () => {
  const alone = objectsOf('09-task-alone.yaml').find(({ type }) => type === tasks);
  const spec = TaskSpec.parse(alone?.object['spec']);
  expect(intentFault(spec.type, spec.intent, 'intent')).toBeUndefined();
});

test('access is for the ServiceAccount that the plugin asks for', () => {
  const [account, binding] = parseAllDocuments(read('02-access.yaml')).map((document): unknown => document.toJS());
  expect(account).toMatchObject({ kind: 'ServiceAccount', metadata: { name: names.cliServiceAccount } });
  expect(binding).toMatchObject({ kind: 'RoleBinding', roleRef: { name: 'coditect-viewer' }, subjects: [{ kind: 'ServiceAccount', name: names.cliServiceAccount, namespace: 'default' }] });
});

const specOf = (name: string) => missionSpecs.find(({ file }) => file === name)?.spec;

test('the mission for any repository names nothing that only some have', () => {
  const examine = specOf('examine-mission.yaml');
  expect(examine?.tasks.length).toBeGreaterThanOrEqual(6);
  expect(JSON.stringify(examine?.tasks.map(({ intent }) => intent))).not.toContain('"area"');
});

test('the goal without tasks leaves them to the planner, with money to ask it', () => {
  const planned = specOf('14-goal-without-tasks.yaml');
  expect(planned).toMatchObject({ tasks: [], planner: { maxTasks: 6 }, budget: { maxCostUsd: '1.00' } });
});

test('the approved plan asks people about a plan that costs something, and about the files of a task', () => {
  const approved = specOf('15-approved-plan.yaml');
  expect(approved?.planner).toMatchObject({ planApproval: 'OnCost', approvalAboveUsd: '0.10', requiredApprovals: 1 });
  expect(approved?.goals.find(({ name }) => name === 'change-is-good')?.check?.approval).toEqual({ from: 'mend', required: 1 });
});

test('the pool with a server lists the tool that its task may use', () => {
  const pool = objectsOf('18-pool-with-mcp.yaml').find(({ type }) => type === agentPools);
  const servers = AgentPoolSpec.parse(pool?.object['spec']).mcpServers ?? [];
  const tools = specOf('18-pool-with-mcp.yaml')?.tasks.flatMap(({ toolPolicy }) => toolPolicy?.allow ?? []);
  expect(servers.flatMap(({ name, tools: listed }) => listed.map((tool) => `mcp_${name}_${tool}`))).toEqual(expect.arrayContaining(tools?.filter((tool) => tool.startsWith('mcp_')) ?? []));
  expect(tools).toContain('mcp_tracker_get_issue');
});

test('the demo shows a dozen tasks, and goals of all kinds', () => {
  const demo = specOf('demo-mission.yaml');
  expect((demo?.tasks.length ?? 0) + (demo?.finally.length ?? 0)).toBeGreaterThanOrEqual(12);
  const kinds = new Set(demo?.goals.flatMap(({ check = {} }) => Object.keys(check)));
  expect([...kinds].toSorted()).toEqual(['artifact', 'command', 'expression']);
});
