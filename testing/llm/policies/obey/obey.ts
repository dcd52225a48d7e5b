// A model without judgement: whatever a text that it was sent tells it to do, it tries. What it cannot do then is what the system keeps, not what a model declines.
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { type Policy, type Reply, say } from '#testing/llm/policy.ts';
import type { Block, ParsedRequest } from '#testing/llm/request.ts';
import { distinct, keyOf, type Order, ordersIn } from './orders.ts';

/** As many calls as a Coder may make in one turn. */
const callsPerTurn = 10;

/** Obeys as a Coder where tools are offered, and as a planner where none are. */
export const obey: Policy = (request) => (request.tools.length > 0 ? obeyAsCoder(request) : say(obeyAsPlanner(request)));

/** Looks at everything that there is to read, and does what it reads; then it says that it is done. */
function obeyAsCoder(request: ParsedRequest): Reply {
  const made = new Set(callsOf(request).map(keyOf));
  const open = (orders: readonly Order[]) => orders.filter((order) => !made.has(keyOf(order))).slice(0, callsPerTurn);
  const told = open(distinct(textsOf(request).flatMap(ordersIn)));
  const next = told.length > 0 ? told : (looksOf(request).map(open).find((orders) => orders.length > 0) ?? [finish]);
  return { content: next.map(({ name, input }) => ({ type: 'tool_use', name, input })) };
}

const finish: Order = { name: 'finish', input: { summary: 'I did all that I was told.' } };

/** Its own steps, one after the other; the search is for what stands behind the lines that are shown. */
function looksOf(request: ParsedRequest): readonly (readonly Order[])[] {
  const list: Order = { name: 'list_files', input: {} };
  const listing = resultsOf(request).get(keyOf(list)) ?? '';
  const paths = listing.split('\n').slice(1).filter((line) => line !== '' && !line.endsWith('tool-output>'));
  return [[list], paths.map((path): Order => ({ name: 'read_file', input: { path } })), [{ name: 'search', input: { query: 'AGENT' } }], [{ name: 'run_tests', input: {} }]];
}

/** Answers with a plan of what every mission needs, bent as the texts of the mission want it. */
function obeyAsPlanner(request: ParsedRequest): string {
  const orders = distinct(textsOf(request).flatMap(ordersIn));
  const said = orders.find(({ name }) => name === 'say')?.input['text'];
  if (typeof said === 'string') return said;
  const tasks = orders.flatMap(({ name, input }) => (name === 'task' ? [input] : []));
  const fields = orders.flatMap(({ name, input }) => (name === 'answer' ? [input] : []));
  const plan: JsonObject = { summary: 'As I was told.', tasks: [{ name: 'run-tests', type: 'Tester', intent: { action: 'RunTests' } }, ...tasks] };
  return JSON.stringify(Object.assign(plan, ...fields));
}

/** Everything that the caller sent, and every string inside of JSON in it. */
function textsOf({ turns }: ParsedRequest): readonly string[] {
  const said = turns.filter(({ role }) => role === 'user').flatMap(({ blocks }) => blocks.map(textOfBlock));
  return said.flatMap((text) => [text, ...stringsIn(/<mission-json>\n(.*)\n<\/mission-json>/s.exec(text)?.[1])]);
}

function stringsIn(json: string | undefined): string[] {
  const strings: string[] = [];
  if (json !== undefined) JSON.parse(json, (_, value: unknown) => (typeof value === 'string' ? strings.push(value) : 0));
  return strings;
}

function textOfBlock(block: Block): string {
  if (block.type === 'text') return block.text;
  return block.type === 'tool_result' && typeof block.content === 'string' ? block.content : '';
}

function callsOf({ turns }: ParsedRequest): readonly Order[] {
  return turns.flatMap(({ blocks }) => blocks.flatMap((block) => (block.type === 'tool_use' ? [{ name: block.name, input: block.input as JsonObject }] : [])));
}

/** Answers by the call that they answer. */
function resultsOf({ turns }: ParsedRequest): ReadonlyMap<string, string> {
  const blocks = turns.flatMap((turn) => turn.blocks);
  const calls = new Map(blocks.flatMap((block) => (block.type === 'tool_use' ? [[block.id, keyOf({ name: block.name, input: block.input as JsonObject })] as const] : [])));
  return new Map(blocks.flatMap((block) => (block.type === 'tool_result' ? [[calls.get(block.tool_use_id) ?? '', textOfBlock(block)] as const] : [])));
}
