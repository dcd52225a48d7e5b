// Images of the process node: a name and a command. What they run is copied into the cluster, so that nothing is executed out of a checkout or a cache.
import { chmodSync, copyFileSync, cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureFolder } from './files.ts';

/** An image: what runs in the place of its entry point. */
export interface Image {
  /** argv. A word that begins with `$NODE` or `$BUNDLES` names the cluster's copy of Node or of the bundles folder. */
  readonly command: readonly string[];
  /** Arguments used when the container gives neither command nor args. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Images by the name that a pod's container gives. */
export type Images = Readonly<Record<string, Image>>;

/** Copies Node and the bundles into `folder` and gives the images with their real paths. */
export function installImages(folder: string, images: Images, bundlesFolder: string | undefined): Images {
  ensureFolder(folder, 0o755);
  const node = join(ensureFolder(join(folder, 'bin'), 0o755), 'node');
  copyFileSync(process.execPath, node);
  chmodSync(node, 0o755);
  const bundles = ensureFolder(join(folder, 'bundles'), 0o755);
  if (bundlesFolder !== undefined) {
    if (!existsSync(bundlesFolder)) throw new Error(`copy bundles from ${bundlesFolder}: there is no such folder, so no image can run; build the bundles first`);
    cpSync(bundlesFolder, bundles, { recursive: true, dereference: true });
    makeReadable(bundles);
  }
  const real = (word: string) => word.replace(/^\$NODE(?=$)/, () => node).replace(/^\$BUNDLES(?=\/|$)/, () => bundles);
  return Object.fromEntries(Object.entries(images).map(([name, image]) => [name, { ...image, command: image.command.map(real) }]));
}

/** The umask of the builder must not decide whether pods can read. */
function makeReadable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) makeReadable(path);
    else chmodSync(path, 0o755);
  }
}
