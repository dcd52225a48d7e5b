// The tools of a coder, by name; the fields of their inputs by meaning, read from the schemas in the request.
import type { ReplyBlock } from '#testing/llm/policy.ts';
import type { Tool } from '#testing/llm/request.ts';

const toolNames = ['list_files', 'look_around', 'read_file', 'search', 'edit_file', 'run_tests', 'finish'] as const;
export type ToolName = (typeof toolNames)[number];

/** What the policy has to say to a tool, or finds in a call of one. */
export interface Values {
  readonly path?: string;
  readonly before?: string;
  readonly after?: string;
  /** A whole file, for a tool that takes no excerpts. */
  readonly content?: string;
  readonly query?: string;
  readonly summary?: string;
  readonly isFixed?: boolean;
  readonly givesUp?: boolean;
}

/** Names under which a value is asked for, best first. */
const meanings: Readonly<Record<keyof Values, RegExp>> = {
  path: /^(path|file)|_?path$|^filename$/i,
  before: /^(old|find|search|before|from|original)/i,
  after: /^(new|replace|after|to$|with|updated)/i,
  content: /^(content|contents|body)$/i,
  query: /^(query|pattern|text|term|search)/i,
  summary: /^(summary|message|reason|explanation|text|result|answer)/i,
  isFixed: /fixed|success|done|passed|solved/i,
  givesUp: /give_?up/i,
};

/** Which values each tool understands. */
const understood: Readonly<Record<ToolName, readonly (keyof Values)[]>> = {
  list_files: [],
  look_around: [],
  read_file: ['path'],
  search: ['query'],
  edit_file: ['path', 'before', 'after', 'content'],
  run_tests: [],
  finish: ['isFixed', 'givesUp', 'summary'],
};

/** Fields by what they mean. */
type Fields = ReadonlyMap<keyof Values, string>;

/** The tools that a request offers. */
export class Toolbox {
  readonly #tools: ReadonlyMap<string, Tool>;

  constructor(tools: readonly Tool[]) {
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
  }

  has(name: ToolName): boolean {
    return this.#tools.has(name);
  }

  /** Whether edits are excerpts; otherwise the tool takes whole files. */
  get editsExcerpts(): boolean {
    return this.#fields('edit_file').has('before');
  }

  /** A call of a tool: values under the names that its schema gives them, and something harmless in other required fields. */
  call(name: ToolName, values: Values): ReplyBlock {
    const fields = this.#fields(name);
    const said = [...fields].flatMap(([meaning, field]) => (values[meaning] === undefined ? [] : [[field, values[meaning]] as const]));
    const schema = this.#tools.get(name)?.input_schema;
    const required = (schema?.required ?? []).filter((field) => !said.some(([known]) => known === field));
    return { type: 'tool_use', name, input: Object.fromEntries([...required.map((field) => [field, filler(schema?.properties?.[field])] as const), ...said]) };
  }

  /** The values of a call that was made; undefined for a tool that is none of a coder's. */
  read(name: string, input: Readonly<Record<string, unknown>>): { readonly tool: ToolName; readonly values: Values } | undefined {
    const tool = toolNames.find((known) => known === name);
    return tool && { tool, values: Object.fromEntries([...this.#fields(tool)].map(([meaning, field]) => [meaning, input[field]])) };
  }

  #fields(name: ToolName): Fields {
    const fields = new Map<keyof Values, string>();
    const properties = Object.keys(this.#tools.get(name)?.input_schema.properties ?? {});
    for (const meaning of understood[name]) {
      const field = properties.find((property) => meanings[meaning].test(property));
      if (field !== undefined) fields.set(meaning, field);
    }
    return fields;
  }
}

const fillers: Readonly<Record<string, unknown>> = { string: '.', integer: 0, number: 0, boolean: false, array: [], object: {} };

function filler(schema: unknown): unknown {
  const { enum: values, type } = (schema ?? {}) as { enum?: readonly unknown[]; type?: string };
  return values?.[0] ?? fillers[type ?? 'string'];
}
