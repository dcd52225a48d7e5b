// Brings images to the node: archives of `docker save`, of writeImage, and any other OCI layout.
import { closeSync, openSync } from 'node:fs';
import { layoutOf } from '../layout.ts';
import { inMachine } from './machine.ts';

/** Imports all images of an archive; pods find them by their names, with `imagePullPolicy: Never` or `IfNotPresent`. Rejects for a cluster whose node is not a kubelet. */
export async function importImages(cluster: { readonly folder: string; readonly runtimeFolder: string }, archiveFile: string): Promise<void> {
  await importInto(layoutOf(cluster.folder, cluster.runtimeFolder), archiveFile);
}

/** The archive is handed over open: the node does not see the folders of this machine. */
export async function importInto(where: Parameters<typeof inMachine>[0], archiveFile: string): Promise<void> {
  const archive = openSync(archiveFile, 'r');
  try {
    await inMachine(where, ['ctr', '--namespace', 'k8s.io', 'images', 'import', '-'], archive);
  } finally {
    closeSync(archive);
  }
}
