// Where binaries and clusters live, and which Kubernetes this is. The environment is handed in: only main.ts files read it.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Version of every Kubernetes component; go.mod names the same one. */
export const kubernetesVersion = '1.36.3';

export interface DevclusterSettings {
  /** Folder of built binaries and of clusters. */
  readonly cacheFolder: string;
  /** Folder with ready-made binaries, as setup-envtest prints it. */
  readonly assetsFolder?: string;
}

/** Settings from CODITECT_CACHE (default ~/.cache/coditect) and KUBEBUILDER_ASSETS. */
export function settingsFrom(environment: Readonly<Record<string, string | undefined>>): DevclusterSettings {
  const { CODITECT_CACHE: cache, KUBEBUILDER_ASSETS: assets } = environment;
  return {
    cacheFolder: resolve(cache === undefined || cache === '' ? join(homedir(), '.cache', 'coditect') : cache),
    ...(assets === undefined || assets === '' ? {} : { assetsFolder: resolve(assets) }),
  };
}
