// Where the pieces of a child lie: beside the bundle of the process that starts it, or in the checkout.
import { dirname, join } from 'node:path';

/** Files of a child; paths are absolute. */
export interface Parts {
  /** Program for Node. */
  readonly runner: string;
  /** Folder of the built guest. */
  readonly guest: string;
  /** Everything that the child reads of ours. */
  readonly readable: readonly string[];
}

/** The pieces that belong to this code, bundled or not. */
export function ownParts(): Parts {
  const here = import.meta.dirname;
  if (import.meta.filename.endsWith('.js')) return partsIn(here);
  const root = dirname(dirname(here));
  const guest = join(root, 'dist', 'wasm');
  return { runner: join(here, 'runner', 'main.ts'), guest, readable: [here, guest, join(root, 'package.json')] };
}

/** The pieces in a folder of bundles. */
export function partsIn(folder: string): Parts {
  const [runner, guest] = [join(folder, 'wasm-runner.js'), join(folder, 'wasm')];
  return { runner, guest, readable: [runner, guest, join(folder, 'package.json')] };
}
