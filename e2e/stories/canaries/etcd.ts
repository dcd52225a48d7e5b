// All that etcd knows, as it keeps it: every key with its value, and every earlier value that was not compacted yet. Secrets are left out: they are where secrets belong.
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Cluster, layoutOf } from '#devcluster/index.ts';

/** A value of a key, the present one or an earlier one. */
export interface Kept {
  readonly key: string;
  readonly value: Buffer;
}

interface KeyValue {
  readonly key: string;
  readonly value?: string;
  readonly mod_revision: string;
}

/** One line of an answer; of those that we do not stream there is one. */
interface Answer {
  readonly header?: { readonly revision: string };
  readonly kvs?: readonly KeyValue[];
  readonly more?: boolean;
  readonly result?: { readonly compact_revision?: string; readonly events?: readonly { readonly kv: KeyValue }[] };
}

type Ask = (path: string, body: object, onAnswer: (answer: Answer) => boolean) => Promise<void>;

const pageSize = 500;
const base64 = (text: string) => Buffer.from(text).toString('base64');
/** The key of one null byte stands for the first key, and as the end of a range for no end. */
const first = base64('\0');

/** Every value of every key but those of Secrets. */
export async function valuesInEtcd(cluster: Cluster): Promise<readonly Kept[]> {
  const ask = await asker(cluster);
  const present = await range(ask);
  return [...present.kvs, ...(await history(ask, present.revision))].map(({ key, value = '' }) => ({ key: Buffer.from(key, 'base64').toString(), value: Buffer.from(value, 'base64') })).filter(({ key }) => !key.startsWith('/registry/secrets/'));
}

/** Asks etcd over its JSON gateway, with the certificate of the API server; `onAnswer` says whether it wants more. */
async function asker(cluster: Cluster): Promise<Ask> {
  const { pki, run } = layoutOf(cluster.folder, cluster.runtimeFolder);
  const [ca, cert, key] = await Promise.all(['etcd-ca.crt', 'etcd-client.crt', 'etcd-client.key'].map((name) => readFile(join(pki, name))));
  const { launch } = JSON.parse(await readFile(join(run, 'etcd.json'), 'utf8')) as { launch: { args: readonly string[] } };
  const url = launch.args.map((arg) => /^--advertise-client-urls=(.*)$/.exec(arg)?.[1]).find((found) => found !== undefined) ?? '';
  return (path, body, onAnswer) =>
    new Promise((done, fail) => {
      const asked = request(`${url}${path}`, { method: 'POST', ca, cert, key }, (response) => {
        const lines = createInterface(response);
        lines.on('line', (line) => {
          if (response.statusCode !== 200) return fail(new Error(`read etcd ${path}: ${line}`));
          if (onAnswer(JSON.parse(line) as Answer)) return;
          lines.close();
          asked.destroy();
          done();
        });
        lines.on('close', done);
      });
      asked.on('error', fail);
      asked.end(JSON.stringify(body));
    });
}

async function range(ask: Ask): Promise<{ readonly kvs: readonly KeyValue[]; readonly revision: number }> {
  const kvs: KeyValue[] = [];
  let revision = 0;
  for (let [key, more] = [first, true]; more; ) {
    await ask('/v3/kv/range', { key, range_end: first, limit: pageSize }, (answer) => {
      const last = answer.kvs?.at(-1);
      revision = Number(answer.header?.revision);
      kvs.push(...(answer.kvs ?? []));
      more = answer.more === true && last !== undefined;
      if (last !== undefined) key = Buffer.concat([Buffer.from(last.key, 'base64'), Buffer.from([0])]).toString('base64');
      return false;
    });
  }
  return { kvs, revision };
}

/** What was written up to `until`, from the first revision on that is still kept. */
async function history(ask: Ask, until: number): Promise<readonly KeyValue[]> {
  const kvs: KeyValue[] = [];
  let start = 1;
  for (let isCompacted = true; isCompacted; ) {
    isCompacted = false;
    await ask('/v3/watch', { create_request: { key: first, range_end: first, start_revision: start } }, ({ result }) => {
      if (result?.compact_revision !== undefined && result.compact_revision !== '0') {
        start = Number(result.compact_revision);
        isCompacted = true;
        return false;
      }
      const seen = (result?.events ?? []).map(({ kv }) => kv);
      kvs.push(...seen);
      return seen.every((kv) => Number(kv.mod_revision) < until);
    });
  }
  return kvs;
}
