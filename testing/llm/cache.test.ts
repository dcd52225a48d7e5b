// Accounting of the cache by examples that were computed by hand: a part is its kind, a line break and its text; a token is four bytes.
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { PromptCache, promptTokens } from './cache.ts';
import { parseMessages, type ParsedRequest } from './request.ts';

const minuteMs = 60_000;
const mark = { cache_control: { type: 'ephemeral' } };
const hour = { cache_control: { type: 'ephemeral', ttl: '1h' } };

let clock: ManualClock;
let cache: PromptCache;

beforeEach(() => {
  clock = new ManualClock();
  cache = new PromptCache(clock);
});

/** A system block whose part has this many tokens: `system` and the line break are 7 bytes. */
function system(tokens: number, more: object = {}, letter = 's'): object {
  return { type: 'text', text: letter.repeat(4 * tokens - 7), ...more };
}

/** A message of the user whose part has this many tokens: `user` and the line break are 5 bytes. */
function user(tokens: number, more: object = {}, letter = 'u'): object {
  return { role: 'user', content: [{ type: 'text', text: letter.repeat(4 * tokens - 5), ...more }] };
}

function request(body: object): ParsedRequest {
  return parseMessages({ model: 'm', max_tokens: 1, messages: [user(10)], ...body });
}

const tokens = (fresh: number, cacheRead = 0, cacheWrite5m = 0, cacheWrite1h = 0) => ({ fresh, cacheRead, cacheWrite5m, cacheWrite1h });

test('bytes are counted over the whole prompt and rounded up once', () => {
  expect(promptTokens(request({ system: 'ab', messages: [{ role: 'user', content: 'é' }] }))).toBe(4); // 7 + 2 and 5 + 2 bytes
});

test('without breakpoints every token is fresh', () => {
  expect(cache.account(request({ system: [system(2000)] }))).toEqual(tokens(2010));
  expect(cache.account(request({ system: [system(2000)] }))).toEqual(tokens(2010));
});

test('a prefix is written once and read for five minutes, and a read makes it young again', async () => {
  const ask = () => cache.account(request({ system: [system(2000, mark)] }));
  expect(ask()).toEqual(tokens(10, 0, 2000));
  await clock.advance(5 * minuteMs - 1);
  expect(ask()).toEqual(tokens(10, 2000));
  await clock.advance(5 * minuteMs - 1);
  expect(ask()).toEqual(tokens(10, 2000));
  await clock.advance(5 * minuteMs);
  expect(ask()).toEqual(tokens(10, 0, 2000));
});

test('an entry that is found without a breakpoint of its own is made young too', async () => {
  cache.account(request({ system: [system(2000, mark)] }));
  for (const letter of ['a', 'b', 'c']) {
    await clock.advance(4 * minuteMs);
    expect(cache.account(request({ system: [system(2000)], messages: [user(10, mark, letter)] }))).toEqual(tokens(0, 2000, 10));
  }
});

test('a prefix of 1023 tokens is not cached, one of 1024 is', () => {
  for (const [size, want] of [[1023, tokens(1033)], [1024, tokens(10, 0, 1024)]] as const) expect(cache.account(request({ system: [system(size, mark)] }))).toEqual(want);
});

test('a short prefix before a long one counts towards the long one', () => {
  const body = { system: [system(500, mark)], messages: [user(600, mark)] };
  expect(cache.account(request(body))).toEqual(tokens(0, 0, 1100));
});

test('a conversation that grows reads what the turn before wrote, and writes what is new', () => {
  const turns = [user(100, mark)];
  expect(cache.account(request({ system: [system(1500, mark)], messages: turns }))).toEqual(tokens(0, 0, 1600));
  // `assistant` and the line break are 10 bytes; the mark has moved on.
  const later = [user(100), { role: 'assistant', content: 'a'.repeat(30) }, user(50, mark)];
  expect(cache.account(request({ system: [system(1500, mark)], messages: later }))).toEqual(tokens(0, 1600, 60));
  expect(cache.account(request({ system: [system(1500, mark)], messages: [user(100, {}, 'v'), user(7)] }))).toEqual(tokens(107, 1500));
});

test('a string and one block of the same text are the same prefix', () => {
  cache.account(request({ messages: [{ role: 'user', content: [{ type: 'text', text: 'x'.repeat(4995), ...mark }] }] }));
  expect(cache.account(request({ messages: [{ role: 'user', content: 'x'.repeat(4995) }, user(3, mark)] }))).toEqual(tokens(0, 1250, 3));
});

test('the order is tools, system, messages: a changed tool spoils all, a changed message only what follows', () => {
  const tools = (description: string) => [{ name: 't', description, input_schema: { type: 'object' } }];
  const body = (description: string) => ({ tools: tools(description), system: [system(2000, mark)] });
  const toolTokens = promptTokens(request({ tools: tools('one') })) - 10;
  const total = promptTokens(request(body('one')));
  expect(cache.account(request(body('one')))).toEqual(tokens(10, 0, total - 10));
  expect(cache.account(request(body('two')))).toMatchObject({ cacheRead: 0 });
  expect(cache.account(request({ ...body('one'), messages: [user(99, {}, 'z')] }))).toEqual(tokens(99, total - 10));
  expect(toolTokens).toBeGreaterThan(10);
});

test('a breakpoint finds an entry at most 20 parts back, itself included', () => {
  const long = system(1200, mark);
  const after = (count: number, letter: string) => ({ system: [system(1200)], messages: [{ role: 'user', content: Array.from({ length: count }, (_, index) => ({ type: 'text', text: letter, ...(index === count - 1 ? mark : {}) })) }] });
  cache.account(request({ system: [long] }));
  expect(cache.account(request(after(20, 'a'))).cacheRead).toBe(0);
  expect(cache.account(request(after(19, 'b'))).cacheRead).toBe(1200);
  // A breakpoint of its own keeps it in reach.
  expect(cache.account(request({ ...after(40, 'c'), system: [long] })).cacheRead).toBe(1200);
});

test('whatever the prompt, the classes add up to what count_tokens says, and a repeat writes nothing', () => {
  const block = fc.record({ text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), times: fc.integer({ min: 1, max: 400 }), isMarked: fc.boolean() }).map(({ text, times, isMarked }) => ({ type: 'text', text: text.repeat(times), ...(isMarked ? mark : {}) }));
  const prompts = fc.record({ system: fc.array(block, { maxLength: 3 }), messages: fc.array(fc.record({ role: fc.constantFrom('user', 'assistant'), content: fc.array(block, { minLength: 1, maxLength: 4 }) }), { minLength: 1, maxLength: 5 }) });
  fc.assert(
    fc.property(prompts, (prompt) => {
      const asked = request(prompt);
      const { fresh, cacheRead, cacheWrite5m } = cache.account(asked);
      expect(fresh + cacheRead + cacheWrite5m).toBe(promptTokens(asked));
      expect(cache.account(asked)).toEqual(tokens(fresh, cacheRead + cacheWrite5m));
    }),
  );
});

test('an entry of an hour outlives five minutes, and both classes are told apart', async () => {
  const ask = () => cache.account(request({ system: [system(1100, hour)], messages: [user(200, mark)] }));
  expect(ask()).toEqual(tokens(0, 0, 200, 1100));
  await clock.advance(6 * minuteMs);
  expect(ask()).toEqual(tokens(0, 1100, 200));
});

test('the mark of the whole request lies on its last block', () => {
  expect(cache.account(request({ ...mark, system: [system(1500)] }))).toEqual(tokens(0, 0, 1510));
});

test('models do not share entries', () => {
  cache.account(request({ system: [system(2000, mark)] }));
  expect(cache.account(request({ model: 'other', system: [system(2000, mark)] })).cacheRead).toBe(0);
});
