// Models for tests: one that says what the test wrote down, and the scripted server behind the agent's own way to the gateway.
import { afterEach } from 'vitest';
import { createLlmConversations } from '#platform/anthropic/client.ts';
import { type Clock, systemClock } from '#platform/clock.ts';
import { createGateway } from '#agent-runtime/llm/gateway.ts';
import type { LanguageModels, Model, ModelRequest } from '#agent-runtime/llm/model.ts';
import { createModels } from '#agent-runtime/llm/patience.ts';
import type { Policy, Reply, ReplyBlock } from '#testing/llm/policy.ts';
import { type ModelServer, startModelServer } from '#testing/llm/server.ts';

/** A call of a tool, as a reply. */
export function call(name: string, input: object): Reply {
  return { content: [callBlock(name, input)] };
}

/** A call of a tool, as a block. */
export function callBlock(name: string, input: object): ReplyBlock {
  return { type: 'tool_use', name, input: { ...input } };
}

/** Says one reply after the other, then the last one for ever. */
export function scripted(...replies: readonly Reply[]): Policy {
  return ({ turns }) => replies[Math.min(turns.filter(({ role }) => role === 'assistant').length, replies.length - 1)];
}

const usage = { inputTokens: 100, outputTokens: 10, cacheReadTokens: 50, cacheWriteTokens: 5, costMicroUsd: 7 };

/** A model in memory that says one reply after the other, then the last one for ever; what it was asked is kept as it would be sent. */
export function modelOf(...replies: readonly Reply[]): Model & { readonly asked: ModelRequest[] } {
  const asked: ModelRequest[] = [];
  return {
    asked,
    ask: async (request) => {
      asked.push(structuredClone(request));
      const { content, stopReason } = replies[Math.min(asked.length, replies.length) - 1] ?? { content: [] };
      const blocks = content.map((block, index) => (block.type === 'text' ? block : { ...block, id: `call_${asked.length}_${index}` }));
      const calls = blocks.flatMap((block) => (block.type === 'tool_use' ? [{ id: block.id, name: block.name, input: block.input }] : []));
      return { kind: 'answered', text: blocks.map((block) => (block.type === 'text' ? block.text : '')).join(''), content: blocks, calls, stopReason: stopReason ?? (calls.length > 0 ? 'tool_use' : 'end_turn'), model: 'm', usage };
    },
  };
}

/** Starts scripted servers and closes them after each test. */
export function servers(): { readonly start: (policy: Policy, clock?: Clock) => Promise<{ readonly server: ModelServer; readonly llm: LanguageModels }> } {
  const open: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0)) await close();
  });
  return {
    start: async (policy, clock = systemClock) => {
      const server = await startModelServer({ policy });
      const gateway = createGateway({ address: { current: () => Promise.resolve('gateway:1') }, namespace: 'sys', credential: () => credential, dial: ({ tls }) => createLlmConversations({ baseUrl: server.url, tls }) });
      open.push(() => gateway.close(), () => server.close());
      return { server, llm: createModels({ ask: gateway.ask, defaultModel: 'claude-sonnet-5-5', clock, random: { next: () => 0 } }) };
    },
  };
}

const credential = { caBundle: '', certificate: '', key: '' };
