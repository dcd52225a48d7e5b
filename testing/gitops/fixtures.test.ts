// The fixtures beside the Lua, in the layout of Argo CD's own repository: written by `vitest run testing/gitops -u` from the table of situations, and compared with it ever after.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { group } from '#api/v1alpha1/kinds.ts';
import { root } from '../world.ts';
import { rows, situations } from './catalogue.ts';
import { fixturePath, shownMessage, type Situations } from './situation.ts';

const written = '# Written by `vitest run testing/gitops -u` from testing/gitops; do not edit.\n';
const yaml = (value: unknown): string => `${written}${stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })}`;

test.each(rows)('%s %s is as the reconcilers write it', async (kind, name, { object }) => {
  await expect(yaml(object)).toMatchFileSnapshot(join(root, fixturePath(kind, name)));
});

describe.each(Object.entries(situations) as readonly [string, Situations][])('%s', (kind, all) => {
  const folder = join(root, 'config', 'argocd', group, kind);

  test('its expectations are those of the table', async () => {
    const tests = Object.entries(all).map(([name, situation]) => ({ healthStatus: { status: situation.argo, message: shownMessage(situation) }, inputPath: `testdata/${name}.yaml` }));
    await expect(yaml({ tests })).toMatchFileSnapshot(join(folder, 'health_test.yaml'));
  });

  test('no fixture is left of a situation that is gone', () => {
    const fixtures = join(folder, 'testdata');
    const there = existsSync(fixtures) ? readdirSync(fixtures) : [];
    expect(there.filter((file) => !Object.keys(all).includes(file.replace(/\.yaml$/, '')))).toEqual([]);
  });
});
