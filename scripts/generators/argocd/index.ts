// config/argocd: settings for Argo CD, and the same Lua in the layout of its repository, where the tests of each kind lie beside it.
import { group } from '#api/v1alpha1/kinds.ts';
import { table } from '../markdown.ts';
import { generatedFrom, type GeneratedFile, referencePage, toYaml } from '../output.ts';
import { actionLua, actions, discoveryLua } from './actions.ts';
import { actionKinds, argoConfigMap, healthKinds, healthLua } from './config-map.ts';
import { healthRows } from './health.ts';

const folder = 'config/argocd';
const source = 'scripts/generators/argocd';

/** Every generated file of config/argocd; fixtures and examples beside them are not. */
export function argocdFiles(): GeneratedFile[] {
  return [
    { path: `${folder}/argocd-cm.yaml`, text: `# ${generatedFrom(source)}\n${toYaml(argoConfigMap())}` },
    ...healthKinds.map((kind) => lua(`${kind}/health.lua`, healthLua(kind))),
    ...actionKinds.flatMap((kind) => [
      lua(`${kind}/actions/discovery.lua`, discoveryLua(actions[kind])),
      ...actions[kind].all.map((action) => lua(`${kind}/actions/${action.name}/action.lua`, actionLua(action))),
    ]),
    referencePage('argocd', source, pageParts()),
  ];
}

function lua(path: string, text: string): GeneratedFile {
  return { path: `${folder}/${group}/${path}`, text: `-- ${generatedFrom(source)}\n${text}` };
}

function pageParts(): string[] {
  const health = Object.entries(healthRows).flatMap(([kind, rows]) => [
    `## Health of ${kind}`,
    table(['Health', 'When', 'That is'], rows.map((row) => [row.health, `\`${row.type}=${row.status}\`${'reasons' in row ? ` (${row.reasons.join(', ')})` : ''}`, row.means])),
  ]);
  const doable = actionKinds.flatMap((kind) => [`## Actions of ${kind}`, table(['Action', 'What it does'], actions[kind].all.map(({ name, means }) => [name, means]))]);
  return [
    '# Argo CD',
    'What Argo CD shows of our kinds and what can be done to them from there, once `config/argocd/argocd-cm.yaml` is applied. [How to install it](../gitops.md).',
    'The first row that is so decides. Before all rows: an object without conditions, or whose `status.observedGeneration` is not that of its spec, is Progressing; one that is being deleted is too.',
    ...health,
    '## Health of Plan and Approval',
    'A Plan is Healthy when its verdict is Accepted, else Degraded with the first fault. An Approval is Healthy whatever it says; who said it is in the message. Neither belongs in Git.',
    ...doable,
  ];
}
