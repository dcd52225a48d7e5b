// Where Argo CD comes from: its Go module, which holds the manifests of a release too.
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cachedFile, ensureGoProgram, type GoProgram } from '../go-program.ts';

const run = promisify(execFile);
const moduleFolder = fileURLToPath(new URL('.', import.meta.url));
const module = 'github.com/argoproj/argo-cd/v3';
const program = { name: 'Argo CD', moduleFolder, main: `${module}/cmd`, file: 'argocd', takes: 'about ten minutes' } as const;

/** Argo CD on this machine. */
export interface ArgoProgram {
  /** One program for all roles. */
  readonly file: string;
  /** The manifests of its release, one YAML file. */
  readonly manifests: string;
}

export type FoundArgo = { readonly kind: 'found'; readonly program: ArgoProgram } | { readonly kind: 'missing'; readonly why: string };

type Where = Pick<GoProgram, 'cacheFolder'>;

/** Argo CD as it lies in the cache; nothing is built. */
export function findArgo({ cacheFolder }: Where): FoundArgo {
  const file = cachedFile({ ...program, cacheFolder: join(cacheFolder, 'argocd') });
  const manifests = manifestsBeside(file);
  if (existsSync(file) && existsSync(manifests)) return { kind: 'found', program: { file, manifests } };
  return { kind: 'missing', why: 'Argo CD was not built on this machine: make demo-gitops does it once, in about ten minutes' };
}

/** Why there is no Argo CD here; undefined when there is one. */
export function whyNoArgo(where: Where): string | undefined {
  const found = findArgo(where);
  return found.kind === 'missing' ? found.why : undefined;
}

/** Argo CD; builds it when it is not in the cache, which takes about ten minutes. Without Go there is none, and the answer says so. */
export async function ensureArgo({ cacheFolder, progress }: Where & Pick<GoProgram, 'progress'>): Promise<FoundArgo> {
  const built = await ensureGoProgram({ ...program, cacheFolder: join(cacheFolder, 'argocd'), ...(progress === undefined ? {} : { progress }) });
  if (built.kind === 'missing') return built;
  await ensureManifests(built.file);
  return findArgo({ cacheFolder });
}

/** Modules may be cleaned away; what was built stays usable. */
async function ensureManifests(file: string): Promise<void> {
  const target = manifestsBeside(file);
  if (existsSync(target)) return;
  const { stdout } = await run('go', ['mod', 'download', '-json', module], { cwd: moduleFolder });
  const { Dir: folder } = JSON.parse(stdout) as { Dir: string };
  const draft = `${target}.${process.pid}.draft`;
  copyFileSync(join(folder, 'manifests', 'install.yaml'), draft);
  renameSync(draft, target);
}

function manifestsBeside(file: string): string {
  return join(dirname(file), 'install.yaml');
}
