// Puts what the embedding model loads at run time beside the bundles: its packages look for it where their code is.
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

const scope = join('node_modules', '@energetic-ai');
/** By folder of a package: the weights and words, and the program that multiplies. */
const wanted: readonly (readonly [string, RegExp])[] = [
  [join(scope, 'model-embeddings-en', 'dist'), /^(model\.json|vocab\.json|group\d+-shard.*)$/],
  [join(scope, 'core', 'dist'), /\.wasm$/],
];

/** Copies these files, and no code; gives the names of their packages. */
export function copyWeights(root: string, out: string): readonly string[] {
  mkdirSync(out, { recursive: true });
  for (const [folder, names] of wanted) for (const name of readdirSync(join(root, folder)).filter((each) => names.test(each))) cpSync(join(root, folder, name), join(out, name));
  return wanted.map(([folder]) => dirname(folder).slice(`node_modules${sep}`.length).replaceAll(sep, '/'));
}
