// The demo works on a checkout: it bundles the programs and reads the samples from there.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Refusal } from '../failure.ts';

export interface Checkout {
  readonly root: string;
  /** Folder of the bundled programs. */
  readonly dist: string;
  sample(file: string): string;
}

/** The checkout that this code belongs to, from its sources or from its bundle. */
export function findCheckout(from: string = import.meta.dirname): Checkout {
  for (let root = from; ; root = dirname(root)) {
    const samples = join(root, 'config', 'samples');
    if (existsSync(join(samples, 'demo-mission.yaml'))) return { root, dist: join(root, 'dist'), sample: (file) => join(samples, file) };
    if (dirname(root) === root) throw new Refusal('find the checkout: there is no config/samples above this program', 'run make demo in a checkout');
  }
}
