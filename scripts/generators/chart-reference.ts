// docs/reference/chart.md: values, refusals, rights and connections, from the tables that the chart itself is made from.
import { names } from '#api/labels.ts';
import { code, table } from './markdown.ts';
import { lines } from './network-policies.ts';
import { type GeneratedFile, referencePage } from './output.ts';
import { peopleRules, rightsOf, type Asker } from './rbac.ts';
import { refusals } from './refusals.ts';
import { valuesSchema } from './values.ts';

interface ValueSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
}

const askers: readonly Asker[] = ['operator', 'blobs', 'llmGateway', 'mirror', 'console'];

/** The page about the chart. */
export function chartReferenceFiles(): GeneratedFile[] {
  return [
    referencePage('chart', 'scripts/generators/values.ts, refusals.ts, rbac.ts and network-policies.ts', [
      '# The chart',
      'How to install, upgrade and remove it: [docs/install.md](../install.md).',
      '## Values',
      table(['Value', 'Default', 'Meaning'], valueRows(valuesSchema())),
      '## What profiles refuse',
      'The chart fails before it changes anything, and names all of these values at once.',
      table(['Value', 'Refused by', 'Why, and the way out'], refusals.map(({ value, profiles, sentence }) => [code(value), profiles.join(', '), sentence])),
      '## Rights of the processes',
      '*served*: everywhere, or with `watchNamespace` in that namespace alone, save reviews and reading that Namespace, which no Role can give. *own*: in the namespace of the release.',
      table(['Account', 'Where', 'What', 'Verbs'], askers.flatMap((asker) => rightsOf(asker).map(([where, what, verbs]) => [code(names[asker]), where, code(what), verbs]))),
      '## Roles of people',
      'ClusterRoles that give nothing until somebody binds them; they are part of the built-in roles `view`, `edit` and `admin`. Who edits does not approve: the approver is part of `admin` only, which hands it out.',
      table(['Role', 'What', 'Verbs'], Object.entries(peopleRules).flatMap(([who, rules]) => rules.map(({ resources, verbs }) => [code(`coditect-${who}`), code(resources.join(', ')), verbs.join(', ')]))),
      '## Connections',
      'What `networkPolicies` allows between our pods; beside it DNS, the API server, the stores and the provider, by ports.',
      table(['From', 'To', 'Ports', 'For'], lines.map(({ from, to, ports, why }) => [from, to, ports.join(', '), why])),
    ]),
  ];
}

function valueRows(schema: ValueSchema, path = ''): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, value]) => {
    const here = path === '' ? name : `${path}.${name}`;
    return value.properties === undefined ? [[code(here), code(JSON.stringify(value.default)), value.description ?? '']] : valueRows(value, here);
  });
}
