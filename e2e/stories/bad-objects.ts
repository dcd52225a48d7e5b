// Objects that must be refused: by the API server at once, or by a condition within two seconds, always with field and reason, and nothing created.
import { runCommand } from '../mission.ts';
import { must, type Story } from '../story.ts';
import { crew, eventually, type World } from '#testing/world.ts';

interface Refusal {
  readonly object: (namespace: string) => object;
  /** Said by the API server, or by the Accepted condition. */
  readonly by: 'API server' | 'condition';
  /** Reason of the condition; for the API server part of its answer. */
  readonly reason: string;
  /** Part of the message: the field, or the name of what is wrong. */
  readonly says: string;
}

const command = runCommand('true');
const task = (name: string, more: object = {}) => ({ name, type: 'Tester', intent: command, ...more });
const mission = (spec: object, metadata: object = {}) => (namespace: string) => ({ apiVersion: 'coditect.ai/v1alpha1', kind: 'Mission', metadata: { name: 'bad', namespace, ...metadata }, spec: { goal: 'none', ...spec } });
const alone = (spec: object) => (namespace: string) => ({ apiVersion: 'coditect.ai/v1alpha1', kind: 'Task', metadata: { name: 'bad', namespace }, spec: { type: 'Tester', intent: command, ...spec } });
const pool = (spec: object) => (namespace: string) => crew(namespace, spec) as object;
const check = (of: object) => ({ name: 'g', check: of });
const formats = (name: string) => task(name, { type: 'Coder', intent: { action: 'FormatCode' } });
const goal = (expression: string) => [{ name: 'g', check: { expression } }];

/** The table; each key says what is wrong. */
export const badObjects: Readonly<Record<string, Refusal>> = {
  'a mission without tasks': { object: mission({}), by: 'condition', reason: 'NoPlanner', says: 'spec.tasks' },
  'a cycle': { object: mission({ tasks: [task('a', { dependsOn: ['c'] }), task('b', { dependsOn: ['a'] }), task('c', { dependsOn: ['b'] })] }), by: 'condition', reason: 'InvalidGraph', says: 'cycle' },
  'a task that depends on itself': { object: mission({ tasks: [task('a', { dependsOn: ['a'] })] }), by: 'condition', reason: 'InvalidGraph', says: 'tasks[0].dependsOn' },
  'an unknown dependency': { object: mission({ tasks: [task('a', { dependsOn: ['nobody'] })] }), by: 'condition', reason: 'InvalidGraph', says: 'nobody' },
  'an input without its dependency': { object: mission({ tasks: [task('a'), task('b', { inputs: [{ name: 'x', task: 'a', field: 'observed.exitCode' }] })] }), by: 'condition', reason: 'InvalidGraph', says: 'tasks[1].inputs[0].task' },
  'workspaceFrom a task it does not depend on': { object: mission({ tasks: [task('a'), task('b', { workspaceFrom: 'a' })] }), by: 'condition', reason: 'InvalidGraph', says: 'tasks[1].workspaceFrom' },
  'a check of the files of a task that does not exist': { object: mission({ tasks: [task('a')], goals: [check({ command: { command: ['true'], from: 'z' } })] }), by: 'condition', reason: 'InvalidGoal', says: 'goals[0].check.command.from' },
  'a check of files that two tasks could have made': { object: mission({ workspace: { git: { url: 'https://example.org/r.git' } }, tasks: [formats('a'), formats('b')], goals: [check({ command: { command: ['true'] } })] }), by: 'condition', reason: 'InvalidGoal', says: 'goals[0].check.command.from' },
  'goals that are parts of each other': { object: mission({ tasks: [task('a')], goals: [{ name: 'x', parent: 'y' }, { name: 'y', parent: 'x' }] }), by: 'condition', reason: 'InvalidGoal', says: 'parent' },
  'a goal without a check and without parts': { object: mission({ tasks: [task('a')], goals: [{ name: 'x' }] }), by: 'condition', reason: 'InvalidGoal', says: 'goals[0]' },
  'a goal with two checks': { object: mission({ tasks: [task('a')], goals: [check({ command: { command: ['true'] }, expression: 'true' })] }), by: 'API server', reason: 'Invalid', says: 'exactly one of expression, command, artifact, judge and approval' },
  'a judge whose quorum nobody can reach': { object: mission({ tasks: [task('a')], goals: [check({ judge: { rubric: 'It is right.', votes: 1, quorum: 2 } })] }), by: 'API server', reason: 'Invalid', says: 'quorum must not be more than votes' },
  'a judge of a task that does not exist': { object: mission({ tasks: [task('a')], goals: [check({ judge: { rubric: 'It is right.', from: 'z' } })] }), by: 'condition', reason: 'InvalidGoal', says: 'goals[0].check.judge.from' },
  'an approval of a task that does not exist': { object: mission({ tasks: [task('a')], goals: [check({ approval: { from: 'z' } })] }), by: 'condition', reason: 'InvalidGoal', says: 'goals[0].check.approval.from' },
  'another plan without a planner': { object: mission({ tasks: [task('a')], failurePolicy: 'Replan' }), by: 'API server', reason: 'Invalid', says: 'failurePolicy Replan needs planner' },
  'an approval by cost without an amount': { object: mission({ planner: { planApproval: 'OnCost' } }), by: 'API server', reason: 'Invalid', says: 'planApproval OnCost and approvalAboveUsd need each other' },
  'a cheaper model that nobody named': { object: mission({ tasks: [task('a')], budget: { maxCostUsd: '1.00', cheaperFromPercent: 50 } }), by: 'API server', reason: 'Invalid', says: 'budget.cheaperFromPercent needs modelPolicy.tiers' },
  'a known result of a task with effects': { object: mission({ tasks: [task('a', { sideEffects: 'External', memoize: {} })] }), by: 'API server', reason: 'Invalid', says: 'memoize' },
  'a server of tools with a password in its address': { object: pool({ mcpServers: [{ name: 's', url: 'https://user:pass@example.org/mcp', tools: ['look'], sideEffect: 'None' }] }), by: 'API server', reason: 'Invalid', says: 'mcpServers[0].url' },
  'a server of tools that allows none': { object: pool({ mcpServers: [{ name: 's', url: 'https://example.org/mcp', tools: [], sideEffect: 'None' }] }), by: 'API server', reason: 'Invalid', says: 'mcpServers[0].tools' },
  'a result of a task that does not exist': { object: mission({ tasks: [task('a')], results: [{ name: 'r', task: 'z', field: 'observed.x' }] }), by: 'condition', reason: 'InvalidOutput', says: 'results[0].task' },
  'an output without a repository': { object: mission({ tasks: [task('a')], outputs: { git: { branch: 'done', mode: 'Push' } } }), by: 'API server', reason: 'Invalid', says: 'outputs.git needs workspace.git' },
  'a task with a reserved name': { object: mission({ tasks: [task('verify-x')], goals: [{ name: 'x', check: { command: { command: ['true'] } } }] }), by: 'condition', reason: 'InvalidGraph', says: 'tasks[0].name' },
  'an unknown action of a built-in role': { object: mission({ tasks: [task('a', { intent: { action: 'Dance' } })] }), by: 'condition', reason: 'InvalidIntent', says: 'tasks[0].intent.action' },
  'a wrong parameter': { object: mission({ tasks: [task('a', { intent: { action: 'RunCommand', params: { command: 'true' } } })] }), by: 'condition', reason: 'InvalidIntent', says: 'tasks[0].intent.params.command' },
  'an unknown parameter': { object: mission({ tasks: [task('a', { intent: { action: 'RunCommand', params: { command: ['true'], shell: true } } })] }), by: 'condition', reason: 'InvalidIntent', says: 'tasks[0].intent.params' },
  'a fraction in parameters': { object: mission({ tasks: [task('a', { intent: { action: 'RunCommand', params: { command: ['true'], timeoutSeconds: 1.5 } } })] }), by: 'condition', reason: 'InvalidIntent', says: 'timeoutSeconds' },
  'an expression that does not parse': { object: mission({ tasks: [task('a')], goals: goal('tasks[') }), by: 'condition', reason: 'InvalidExpression', says: 'goals[0].check.expression' },
  'an expression over an unknown task': { object: mission({ tasks: [task('a')], goals: goal('tasks["z"].outcome == "Succeeded"') }), by: 'condition', reason: 'InvalidExpression', says: 'z' },
  'an expression that is no question': { object: mission({ tasks: [task('a')], goals: goal('1 + 1') }), by: 'condition', reason: 'InvalidExpression', says: 'true or false' },
  'an expression over claimed results': { object: mission({ tasks: [task('a')], goals: goal('tasks["a"].claimed.done == true') }), by: 'condition', reason: 'UnverifiedEvidence', says: 'claimed' },
  'a role that no pool has': { object: mission({ tasks: [task('a', { type: 'Reviewer' })] }), by: 'condition', reason: 'NoMatchingPool', says: 'Reviewer' },
  'an impossible capability': { object: mission({ tasks: [task('a', { capabilities: ['quantum'] })] }), by: 'condition', reason: 'NoMatchingPool', says: 'quantum' },
  'a pool selector that matches nothing': { object: mission({ tasks: [task('a')], poolSelector: { matchLabels: { team: 'nobody' } } }), by: 'condition', reason: 'NoMatchingPool', says: 'team=nobody' },
  'more memory than any slot has': { object: mission({ tasks: [task('a', { resources: { memory: '900Gi' } })] }), by: 'condition', reason: 'NoMatchingPool', says: '900Gi' },
  'a task alone with an unknown action': { object: alone({ intent: { action: 'Dance' } }), by: 'condition', reason: 'InvalidIntent', says: 'intent.action' },
  'a task alone that no pool can run': { object: alone({ type: 'Reviewer' }), by: 'condition', reason: 'NoMatchingPool', says: 'Reviewer' },
  'a task that claims a mission which does not exist': { object: alone({ missionRef: { name: 'ghost', uid: 'none' }, taskName: 'a', run: 1 }), by: 'condition', reason: 'Orphaned', says: 'ghost' },
  'a task alone with dependencies': { object: alone({ dependsOn: ['a'] }), by: 'API server', reason: 'Invalid', says: 'dependsOn needs a Mission' },
  'no goal text': { object: mission({ goal: undefined, tasks: [task('a')] }), by: 'API server', reason: 'Invalid', says: 'spec.goal' },
  'a goal of 9 KiB': { object: mission({ goal: 'x'.repeat(9000), tasks: [task('a')] }), by: 'API server', reason: 'Invalid', says: 'spec.goal' },
  '101 tasks': { object: mission({ tasks: Array.from({ length: 101 }, (_, index) => task(`t${index}`)) }), by: 'API server', reason: 'Invalid', says: 'spec.tasks' },
  'two tasks of one name': { object: mission({ tasks: [task('a'), task('a')] }), by: 'API server', reason: 'Invalid', says: 'spec.tasks[1]' },
  'an unknown field': { object: mission({ tasks: [task('a')], budgetOfDreams: 1 }), by: 'API server', reason: 'BadRequest', says: 'budgetOfDreams' },
  'a task name with dots': { object: mission({ tasks: [task('../etc')] }), by: 'API server', reason: 'Invalid', says: 'spec.tasks[0].name' },
  'a mission name of 60 characters': { object: mission({ tasks: [task('a')] }, { name: `m${'x'.repeat(59)}` }), by: 'API server', reason: 'Invalid', says: 'at most 52 characters' },
  'an operating mode that does not exist': { object: mission({ tasks: [task('a')], operatingMode: 'Pause' }), by: 'API server', reason: 'Invalid', says: 'operatingMode' },
  'a negative parallelism': { object: mission({ tasks: [task('a')], parallelism: -1 }), by: 'API server', reason: 'Invalid', says: 'parallelism' },
  'a password in the repository URL': { object: mission({ tasks: [task('a')], workspace: { git: { url: 'https://user:secret@example.org/x.git' } } }), by: 'API server', reason: 'Invalid', says: 'must not hold a user or password' },
  'two workspaces at once': { object: mission({ tasks: [task('a')], workspace: { git: { url: 'https://example.org/x.git' }, configMap: { name: 'x' } } }), by: 'API server', reason: 'Invalid', says: 'exactly one of git and configMap' },
  'an error threshold without Continue': { object: mission({ tasks: [task('a')], errorThreshold: 2 }), by: 'API server', reason: 'Invalid', says: 'failurePolicy Continue' },
  'a pool with more at least than at most': { object: pool({ scaling: { minReplicas: 5, maxReplicas: 2 } }), by: 'API server', reason: 'Invalid', says: 'minReplicas' },
  'a pool that overrides the security context': { object: pool({ template: { image: 'x', securityContext: { privileged: true } } }), by: 'API server', reason: 'BadRequest', says: 'securityContext' },
  'a pool that sets an operator variable': { object: pool({ template: { image: 'x', env: [{ name: 'CODITECT_TOKEN_FILE', value: 'y' }] } }), by: 'API server', reason: 'Invalid', says: 'CODITECT_' },
};

/** Bad objects are refused with field and reason within two seconds, and nothing is created. */
export const badObjectsStory: Story = {
  name: `${Object.keys(badObjects).length} bad objects are refused with field and reason within 2 s, and nothing is created`,
  limitSeconds: 240,
  async run(world) {
    const namespace = await world.namespace('bad-objects');
    for (const [title, refusal] of Object.entries(badObjects)) await refused(world, namespace, title, refusal);
    const left = await world.kubectl('get', 'tasks.coditect.ai', '-n', namespace, '-o', 'name');
    must(left.trim() === '', `tasks were created for objects that are refused: ${left.trim()}`);
    return undefined;
  },
};

async function refused(world: World, namespace: string, title: string, { object, by, reason, says }: Refusal): Promise<void> {
  const manifest = object(namespace) as { kind: string; metadata: { name: string } };
  const { code, stderr } = await world.tryKubectl(['create', '-f', '-'], JSON.stringify(manifest));
  if (by === 'API server') {
    must(code !== 0, `${title}: the API server accepted it`);
    must(stderr.includes(says), `${title}: the API server's answer does not say ${says}: ${stderr.trim().slice(0, 400)}`);
    return;
  }
  must(code === 0, `${title}: the API server refused what only the operator can judge: ${stderr.trim().slice(0, 400)}`);
  const resource = `${manifest.kind.toLowerCase()}s.coditect.ai/${manifest.metadata.name}`;
  try {
    const condition = await eventually(`${title}: Accepted=False`, 2, async () => acceptedOf(world, namespace, resource));
    must(condition.reason === reason, `${title}: reason ${condition.reason} instead of ${reason}: ${condition.message}`);
    must(condition.message.includes(says), `${title}: the message does not say ${says}: ${condition.message}`);
    if (manifest.kind === 'Mission') {
      const tasks = await world.kubectl('get', 'tasks.coditect.ai', '-n', namespace, '-o', 'name');
      must(tasks.trim() === '', `${title}: tasks were created: ${tasks.trim()}`);
    }
  } finally {
    await world.kubectl('delete', resource, '-n', namespace, '--wait=true');
  }
}

async function acceptedOf(world: World, namespace: string, resource: string): Promise<{ reason: string; message: string } | undefined> {
  const object = JSON.parse(await world.kubectl('get', resource, '-n', namespace, '-o', 'json')) as { status?: { conditions?: { type: string; status: string; reason: string; message: string }[] } };
  return object.status?.conditions?.find(({ type, status }) => type === 'Accepted' && status === 'False');
}
