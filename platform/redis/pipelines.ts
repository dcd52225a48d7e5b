// Sends orders in pipelines: at most a thousand at once, those of one server together. Scripts go by their hash, and whole where a server does not know them.
import { Cluster, type ChainableCommander } from 'ioredis';
import type { Vendor } from './connection.ts';
import { faultOf } from './faults.ts';
import { slotOf } from './slot.ts';
import type { Order, Reply } from './types.ts';

const pipelineSize = 1000;

interface Numbered {
  readonly order: Order;
  readonly at: number;
}

/** Replies in the order of the orders. */
export async function runOrders(vendor: Vendor, orders: readonly Order[]): Promise<readonly Reply[]> {
  const replies: Reply[] = [];
  const numbered = orders.map((order, at): Numbered => ({ order, at }));
  await send(vendor, numbered, { replies, isWhole: false });
  // A server that does not know a script has not run it: sending it whole is no repetition.
  const unknown = numbered.filter(({ at }) => isUnknownScript(replies[at]));
  if (unknown.length > 0) await send(vendor, unknown, { replies, isWhole: true });
  return replies;
}

function isUnknownScript(reply: Reply | undefined): boolean {
  return reply?.kind === 'fault' && reply.fault.message.includes('NOSCRIPT');
}

interface Sending {
  readonly replies: Reply[];
  readonly isWhole: boolean;
}

async function send(vendor: Vendor, orders: readonly Numbered[], sending: Sending): Promise<void> {
  const groups = vendor instanceof Cluster ? Map.groupBy(orders, ({ order }) => serverOf(vendor, keyOf(order))).values() : [orders];
  await Promise.all(
    [...groups].map(async (group) => {
      for (let start = 0; start < group.length; start += pipelineSize) await sendPipeline(vendor, group.slice(start, start + pipelineSize), sending);
    }),
  );
}

async function sendPipeline(vendor: Vendor, orders: readonly Numbered[], { replies, isWhole }: Sending): Promise<void> {
  try {
    const pipeline = vendor.pipeline();
    for (const { order } of orders) add(pipeline, order, isWhole);
    const results = (await pipeline.exec()) ?? [];
    orders.forEach(({ at }, index) => {
      const [error, value] = results[index] ?? [new Error('Connection is closed.'), undefined];
      replies[at] = error === null ? { kind: 'value', value } : { kind: 'fault', fault: faultOf(error) };
    });
  } catch (error) {
    const fault = faultOf(error);
    for (const { at } of orders) replies[at] = { kind: 'fault', fault };
  }
}

function add(pipeline: ChainableCommander, order: Order, isWhole: boolean): void {
  if (order.kind === 'command') pipeline.call(order.name, order.key, ...order.args);
  else pipeline.call(isWhole ? 'eval' : 'evalsha', isWhole ? order.script.source : order.script.sha, order.keys.length, ...order.keys, ...order.args);
}

function keyOf(order: Order): string {
  return order.kind === 'command' ? order.key : order.keys[0];
}

/** The master of a key as far as it is known; where it is not, slots stay apart. */
function serverOf(cluster: Cluster, key: string): string {
  const slot = slotOf(key);
  return cluster.slots[slot]?.join(';') ?? `slot ${slot}`;
}
