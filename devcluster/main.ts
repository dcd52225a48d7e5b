// A real Kubernetes on this machine, by hand: start, stop, list, kubeconfig.
import { parseArgs } from 'node:util';
import { findCluster, listClusters, startCluster, stopCluster } from './cluster.ts';
import { clusterFolder } from './cluster.ts';
import type { Images } from './images.ts';
import { readJson } from './files.ts';
import { settingsFrom } from './settings.ts';

const usage = `usage: node devcluster/main.ts <start|stop|list|kubeconfig> [options]
  --name <name>       name of the cluster; dev unless told
  --images <file>     start: JSON file {"<image>": {"command": ["$NODE", "$BUNDLES/x.js"]}}
  --bundles <folder>  start: folder that is copied to $BUNDLES
  --node <kind>       start: process or kubelet (real pods; Linux and root); process, or what NODE says, unless told
  --unsafe-no-fsync   start: etcd does not wait for the disk
`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { name: { type: 'string', default: 'dev' }, images: { type: 'string' }, bundles: { type: 'string' }, node: { type: 'string' }, 'unsafe-no-fsync': { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});
const settings = settingsFrom(values.node === undefined ? process.env : { ...process.env, NODE: values.node });
const print = (line: string) => process.stdout.write(`${line}\n`);

const commands: Readonly<Record<string, () => Promise<number>>> = { start, stop, list, kubeconfig };
const command = commands[positionals[0] ?? ''];
if (command === undefined || values.help) {
  process.stderr.write(usage);
  process.exitCode = values.help ? 0 : 2;
} else {
  process.exitCode = await command().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  });
}

async function start(): Promise<number> {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort(new Error(`start cluster ${values.name}: interrupted, so it was removed`)));
  const images = values.images === undefined ? undefined : readJson<Images>(values.images);
  if (values.images !== undefined && images === undefined) throw new Error(`read images from ${values.images}: not a JSON file, so no cluster was started`);
  const cluster = await startCluster({
    ...settings,
    name: values.name,
    unsafeNoFsync: values['unsafe-no-fsync'],
    signal: interrupt.signal,
    progress: (line) => process.stderr.write(`${line}\n`),
    ...(images === undefined ? {} : { images }),
    ...(values.bundles === undefined ? {} : { bundlesFolder: values.bundles }),
  });
  print(`cluster ${cluster.name} is ready: export KUBECONFIG=${cluster.kubeconfig}`);
  return 0;
}

async function stop(): Promise<number> {
  await stopCluster({ folder: clusterFolder(settings, values.name) });
  return 0;
}

async function list(): Promise<number> {
  for (const { name, server, kubeconfig } of await listClusters(settings)) print(`${name}\t${server}\t${kubeconfig}`);
  return 0;
}

async function kubeconfig(): Promise<number> {
  const cluster = findCluster(settings, values.name);
  if (cluster === undefined) throw new Error(`find cluster ${values.name}: it does not run; start it with \`node devcluster/main.ts start --name ${values.name}\``);
  print(cluster.kubeconfig);
  return 0;
}
