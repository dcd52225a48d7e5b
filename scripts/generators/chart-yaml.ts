// What a chart says of itself, for Helm and for Artifact Hub; and the CRDs as templates of their chart.
import { group, kinds, version as apiVersion } from '#api/v1alpha1/kinds.ts';
import type { toCrd } from './crd.ts';
import { generatedFrom, toYaml, type GeneratedFile } from './output.ts';

/** Chart.yaml. Images are not named for Artifact Hub: none are published. */
export function chartYaml(name: string, version: string, description: string): GeneratedFile {
  const crds = kinds.map(({ kind, plural }) => ({ kind, version: apiVersion, name: `${plural}.${group}`, displayName: kind, description: `See docs/reference/${kind.toLowerCase()}.md.` }));
  const annotations = {
    'artifacthub.io/license': 'Apache-2.0',
    'artifacthub.io/operator': 'true',
    'artifacthub.io/operatorCapabilities': 'Seamless Upgrades',
    'artifacthub.io/prerelease': String(version.startsWith('0.')),
    'artifacthub.io/crds': toYaml(crds),
  };
  const text = {
    apiVersion: 'v2',
    name,
    description,
    type: 'application',
    version,
    appVersion: version,
    // Fields that kubectl filters by (selectableFields) came with 1.31.
    kubeVersion: '>=1.31.0-0',
    keywords: ['agents', 'operator', 'llm'],
    annotations,
  };
  const lines = toYaml(text).replaceAll(/^(version|appVersion): ([^"\n]+)$/gm, '$1: "$2"');
  return { path: `charts/${name}/Chart.yaml`, text: `# ${generatedFrom('scripts/generators/chart-yaml.ts')}\n${lines}` };
}

/** A CRD as a template. It stays when its chart goes, because with it every mission would go. */
export function crdTemplate(crd: ReturnType<typeof toCrd>): GeneratedFile {
  const { name } = crd.metadata;
  const text = toYaml({ ...crd, metadata: { name, annotations: { 'helm.sh/resource-policy': 'keep' } } });
  if (text.includes('{{')) throw new Error(`cannot put the CRD ${name} into a chart: Helm would run the {{ in one of its texts; reword it`);
  const file = `${group}_${crd.spec.names.plural}.yaml`;
  return { path: `charts/coditect-crds/templates/${file}`, text: `# ${generatedFrom(`crds/${file}`)}\n${text}` };
}
