// npm run generate: writes everything that follows from api/. With --check it writes nothing and fails on any difference.
import { dirname } from 'node:path';
import { generateAll } from './generators/all.ts';
import { differences, settle } from './generators/tree.ts';

const root = dirname(import.meta.dirname);
const files = generateAll(root);

if (process.argv.includes('--check')) {
  const found = differences(root, files);
  for (const { kind, path } of found) console.error(`${kind}  ${path}`);
  if (found.length > 0) {
    console.error(`${found.length} generated files differ from their sources; run \`npm run generate\` and commit the result.`);
    process.exitCode = 1;
  }
} else {
  const done = settle(root, files);
  for (const { kind, path } of done) console.log(`${kind === 'stray' ? 'removed' : 'wrote'}  ${path}`);
  console.log(`${files.length} generated files are current.`);
}
