// The engine that builds images: one that runs already, or one of our own with base images that were made here.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DockerClient, dockerClient, findDocker, startDocker } from '#devcluster/services/docker/index.ts';
import type { DevclusterSettings } from '#devcluster/settings.ts';
import { loadBases, whyNoBases } from './base.ts';

/** An engine that can build the Dockerfile. */
export interface ImageEngine {
  readonly client: DockerClient;
  /** What agents stand on; absent where the engine can make it. */
  readonly agentImage?: string;
  /** For files that are gone at the end. */
  readonly folder: string;
  close(): Promise<void>;
}

export type FoundEngine = { readonly kind: 'found'; readonly engine: ImageEngine } | { readonly kind: 'absent'; readonly reason: string };

export interface EngineWish {
  readonly settings: DevclusterSettings;
  /** The checkout. */
  readonly root: string;
  readonly say: (line: string) => void;
}

/** Uses an engine that runs: it pulls and builds as it does for its owner, whose environment is `env`. */
export function useEngine(host: string, env: Readonly<Record<string, string | undefined>>): ImageEngine {
  const folder = mkdtempSync(join(tmpdir(), 'images-'));
  const given = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  return {
    client: dockerClient({ file: 'docker', env: { ...given, DOCKER_HOST: host } }),
    folder,
    close: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
  };
}

/** Why no engine can be started here that builds images, in a sentence; undefined when one can. */
export function whyNoEngine({ programPath: path }: DevclusterSettings): string | undefined {
  const found = findDocker({ path });
  return found.kind === 'absent' ? found.reason : whyNoBases({ path });
}

/** Starts an engine with base images in it; the first time this takes two minutes. */
export async function startEngine({ settings, root, say }: EngineWish): Promise<FoundEngine> {
  const { programPath: path, cacheFolder } = settings;
  const found = findDocker({ path });
  if (found.kind === 'absent') return found;
  const reason = whyNoBases({ path });
  if (reason !== undefined) return { kind: 'absent', reason };
  const folder = mkdtempSync(join(tmpdir(), 'images-'));
  const docker = await startDocker({ programs: found.programs, folder: join(folder, 'd') });
  const close = async (): Promise<void> => {
    await docker.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { agentImage } = await loadBases({ client: docker.client, root, cacheFolder, path, folder, say });
    return { kind: 'found', engine: { client: docker.client, agentImage, folder, close } };
  } catch (error) {
    await close();
    throw error;
  }
}
