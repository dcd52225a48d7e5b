// Builds all images and says how large they are: node scripts/images/main.ts [--engine unix:///run/docker.sock] [--save images.tar] [--source URL]
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import manifest from '#package.json' with { type: 'json' };
import { settingsFrom } from '#devcluster/settings.ts';
import { messageOf } from '#platform/errors.ts';
import { buildImages, bundleForImages, commitOf, saveImages, tableOf } from './build.ts';
import { type FoundEngine, type ImageEngine, startEngine, useEngine } from './engine.ts';

const root = dirname(dirname(import.meta.dirname));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const { values } = parseArgs({ options: { engine: { type: 'string' }, save: { type: 'string' }, source: { type: 'string' } } });

const interrupted = new AbortController();
try {
  const found = await findEngine();
  if (found.kind === 'absent') throw new Error(`${found.reason}; or name an engine that runs: --engine unix:///var/run/docker.sock`);
  process.once('SIGINT', () => interrupted.abort()).once('SIGTERM', () => interrupted.abort());
  // What runs in the engine ends with it, and what waits for that then rejects.
  interrupted.signal.addEventListener('abort', () => void found.engine.close());
  await build(found.engine);
} catch (error) {
  process.stderr.write(interrupted.signal.aborted ? 'interrupted; nothing is left running\n' : `error: ${messageOf(error)}\n`);
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
}

async function findEngine(): Promise<FoundEngine> {
  const running = values.engine ?? process.env['DOCKER_HOST'] ?? '';
  return running === '' ? startEngine({ settings: settingsFrom(process.env), root, say }) : { kind: 'found', engine: useEngine(running, process.env) };
}

async function build(engine: ImageEngine): Promise<void> {
  const bundles = join(root, 'dist');
  try {
    // One that does not answer is told of at once, not after the bundles.
    await engine.client.run('version');
    say('bundling');
    await bundleForImages(root, bundles);
    const provenance = { version: manifest.version, ...commitOf(root), ...(values.source === undefined ? {} : { source: values.source }) };
    const images = await buildImages({ ...engine, root, bundles, provenance, say });
    if (values.save !== undefined) await saveImages(engine.client, images, values.save);
    for (const line of tableOf(images)) say(line);
    if (values.save !== undefined) say(`\nall of them are in ${values.save}:  ctr --namespace k8s.io images import ${values.save}`);
  } finally {
    await engine.close();
  }
}
