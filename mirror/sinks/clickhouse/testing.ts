// What the sink's tests need: a small event log in memory, events to put into it, a real engine, and a way to it that loses replies.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloudEvent } from '#api/events/envelope.ts';
import { schemaOf, typeOf } from '#api/events/envelope.ts';
import { type DataOf, type EventName, familyOf } from '#api/events/catalogue.ts';
import { formatTimeMs } from '#api/time.ts';
import { type ClickHouseServer, findEngine, startClickHouse } from '#devcluster/services/clickhouse/index.ts';
import { settingsFrom } from '#devcluster/settings.ts';
import { createClickHouse } from '#platform/clickhouse/client.ts';
import type { ClickHouse } from '#platform/clickhouse/types.ts';
import { systemClock } from '#platform/clock.ts';
import type { EventReader, Received } from '#platform/nats/types.ts';

/** 2026-01-15T10:00:00Z. */
export const t0 = Date.UTC(2026, 0, 15, 10);

interface About {
  readonly id: string;
  readonly at?: number;
  readonly tenant?: string;
  readonly mission?: string;
  readonly source?: string;
  readonly subject?: string;
}

/** An event with plausible attributes. */
export function anEvent<N extends EventName>(name: N, data: DataOf<N>, { id, at = t0, tenant = 'team-a', mission = 'm', source = '/mirror', subject = 'tasks/m-build' }: About): CloudEvent {
  return { specversion: '1.0', id, source, type: typeOf(name), subject, time: formatTimeMs(at), datacontenttype: 'application/json', dataschema: schemaOf(name), tenant, mission, missionuid: `uid-of-${mission}`, data };
}

const usage = { inputTokens: 100, outputTokens: 20, cacheReadTokens: 0, cacheWriteTokens: 0, costMicroUsd: 1000 };

/** A model has answered agent `pod` of pool `p`. */
export function aThought(id: string, about: Partial<About> & { readonly model?: string; readonly cost?: number; readonly pod?: string } = {}): CloudEvent {
  const { model = 'model-s', cost = usage.costMicroUsd, pod = 'p-1', ...rest } = about;
  const data: DataOf<'agent.think'> = { version: 1, type: 'agent.think', taskUid: 'u', attempt: 1, epoch: { term: 1, counter: 1 }, seq: 1, turn: 1, model, stopReason: 'end_turn', calls: 1, saidBytes: 9, usage: { ...usage, costMicroUsd: cost } };
  return anEvent('agent.think', data, { id, source: `/agents/team-a/p/${pod}`, ...rest });
}

/** A task has ended after so many milliseconds. */
export function anEnd(id: string, { tookMs = 1000, at = t0, facts = {}, ...about }: Partial<About> & { readonly tookMs?: number; readonly facts?: Partial<DataOf<'task.ended'>['facts']> } = {}): CloudEvent {
  const plain: DataOf<'task.ended'>['facts'] = { task: 'build', type: 'Tester', action: 'RunTests', role: '', run: 1, attempt: 1, pool: 'p', agent: 'p-1', state: 'Completed', result: 'Succeeded', reason: 'Completed', startTime: formatTimeMs(at - tookMs), completionTime: formatTimeMs(at), boundary: '', isMemoized: false, violations: 0, dependsOn: [] };
  return anEvent('task.ended', { name: 'm-build', uid: 'u', generation: 1, resourceVersion: '7', facts: { ...plain, ...facts } }, { id, at, ...about });
}

/** A mission has ended. */
export function aMissionEnd(id: string, { mission = 'm', at = t0, facts = {}, ...about }: Partial<About> & { readonly facts?: Partial<DataOf<'mission.ended'>['facts']> } = {}): CloudEvent {
  const plain: DataOf<'mission.ended'>['facts'] = { run: 1, state: 'GoalsMet', succeeded: 'True', goals: 1, goalsMet: 1, tasks: 2, tasksDone: 2, replans: 0, startTime: formatTimeMs(at - 60_000), completionTime: formatTimeMs(at), costMicroUsd: 5000, savedMicroUsd: 500, calls: 4, cachedCalls: 1, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  return anEvent('mission.ended', { name: mission, uid: `uid-of-${mission}`, generation: 1, resourceVersion: '9', facts: { ...plain, ...facts } }, { id, at, mission, subject: `missions/${mission}`, ...about });
}

export interface FakeLog {
  readonly reader: Pick<EventReader, 'follow' | 'upToNow'>;
  /** Adds a message. */
  add(events: readonly CloudEvent[], fault?: string): void;
  /** Forgets everything and counts from 1 again. */
  replace(): void;
}

/** A log that keeps its messages; readers get new ones as they come. */
export function aLog(): FakeLog {
  let messages: Omit<Received, 'pending'>[] = [];
  let life = 1;
  let wake = Promise.withResolvers<void>();
  const pendingAfter = (sequence: number): number => messages.filter((message) => message.sequence > sequence).length;
  const at = (index: number): Received | undefined => {
    const message = messages[index];
    return message === undefined ? undefined : { ...message, pending: pendingAfter(message.sequence) };
  };
  return {
    reader: {
      async *follow({ start }, signal) {
        let index = start.kind === 'sequence' ? start.sequence - 1 : 0;
        const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
        while (!signal.aborted) {
          const message = at(index);
          if (message === undefined) await Promise.race([wake.promise, stopped]);
          else {
            index += 1;
            yield message;
          }
        }
      },
      async *upToNow() {
        for (let index = 0; index < messages.length; index += 1) yield at(index) as Received;
      },
    },
    add(events, fault) {
      const [first] = events;
      messages.push({ sequence: messages.length + 1, log: `log-${life}`, tenant: first?.tenant ?? 'team-a', family: familyOf('agent.think'), events, ...(fault === undefined ? {} : { fault }) });
      wake.resolve();
      wake = Promise.withResolvers();
    },
    replace() {
      messages = [];
      life += 1;
    },
  };
}

const found = findEngine(settingsFrom(process.env));

/** Where the engine is; empty when it is not installed. */
export const engineFolder = found.kind === 'found' ? found.folder : '';
/** Why tests of the engine are left out, for their names; empty when they are not. */
export const whyNot = found.kind === 'absent' ? ` (SKIPPED: ${found.reason})` : '';

/** A server of a test, plaintext and empty. */
export function aServer(): Promise<ClickHouseServer> {
  return startClickHouse({ engineFolder, folder: mkdtempSync(join(tmpdir(), 'clickhouse-')) });
}

/** A client of a server, with its credentials in files; through `port` when it is another one. */
export function connectTo(server: ClickHouseServer, { port = server.port, timeoutMs = 10_000 }: { readonly port?: number; readonly timeoutMs?: number } = {}): ClickHouse {
  const folder = mkdtempSync(join(tmpdir(), 'clickhouse-client-'));
  const [userFile, passwordFile] = [join(folder, 'user'), join(folder, 'password')];
  writeFileSync(userFile, server.user);
  writeFileSync(passwordFile, server.password);
  return createClickHouse({ url: `http://127.0.0.1:${port}`, insecure: true, timeoutMs, userFile, passwordFile }, systemClock);
}

export interface Proxy {
  readonly port: number;
  /** Cuts the connection of the next request that has this text, when the server has answered: the reply is lost. */
  loseReplyTo(text: string): void;
  /** Replies that were lost. */
  readonly lost: number;
  close(): Promise<void>;
}

/** Passes bytes on to a port of this machine, until it is told to lose some. */
export async function aProxy(target: number): Promise<Proxy> {
  let wanted: string | undefined;
  let lost = 0;
  const proxy = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    let isMarked = false;
    near.on('data', (chunk) => {
      if (wanted !== undefined && chunk.includes(wanted)) [isMarked, wanted] = [true, undefined];
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      if (!isMarked) return void near.write(chunk);
      lost += 1;
      near.destroy();
      far.destroy();
    });
    for (const [from, to] of [[near, far], [far, near]] as const) from.on('error', () => to.destroy()).on('close', () => to.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    port: (proxy.address() as AddressInfo).port,
    loseReplyTo: (text) => (wanted = text),
    get lost() {
      return lost;
    },
    close: () => new Promise((resolve) => proxy.close(() => resolve())),
  };
}
