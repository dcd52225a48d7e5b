// Which tools of the pool's servers an attempt is offered, and what comes of calling them. A server that is away or talks nonsense is told in the log and never ends an attempt.
import type { McpServerSetting } from '#api/config/agent.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { TaskSpec, ToolPolicy } from '#api/v1alpha1/task.ts';
import { plainText } from '#domain/conditions.ts';
import { messageOf } from '#platform/errors.ts';
import type { ToolDefinition } from '#platform/anthropic/conversation.ts';
import { isPermitted } from '#agent-runtime/thinking/policy.ts';
import { type Tool, type ToolAnswer, toolError } from '#agent-runtime/thinking/tool.ts';
import { definitionOf } from './definition.ts';
import { type Offer, offersOf } from './names.ts';
import type { ListedTool, McpConnection, McpTools, OpenMcp } from './port.ts';
import { Reading, serverSource } from './reading.ts';

/** `definitionBytes`: of all tools of servers together; they are sent again in each turn. */
const limits = { definitionBytes: 64_000, message: 500 } as const;

export interface McpDeps {
  readonly servers: readonly McpServerSetting[];
  readonly open: OpenMcp;
  /** Whether the pool has Secrets for git servers. */
  readonly holdsCredentials: boolean;
}

/** One attempt, as far as it matters here. */
export interface McpAttempt {
  readonly sideEffects: TaskSpec['sideEffects'];
  /** Whether the first message holds results of other tasks. */
  readonly hasInputs: boolean;
  readonly signal: AbortSignal;
  /** The task's log. */
  readonly log: (text: string) => void;
}

/** The tools of one attempt; its connections are its own, so that no server can carry anything from one tenant to another. */
export type AttemptTools = McpTools & { readonly close: () => Promise<void> };

/** Makes the tools of each attempt. */
export type OpenAttemptTools = (attempt: McpAttempt) => AttemptTools;

/** Tools of the servers of a pool. */
export function createMcp(deps: McpDeps): OpenAttemptTools {
  const offers = offersOf(deps.servers);
  return (attempt) => new ServerTools(deps, offers, attempt);
}

const effects: readonly McpServerSetting['sideEffect'][] = ['None', 'Idempotent', 'External'];

/** A tool's name, its place, and its definition: what can be offered. */
interface Offered extends Offer {
  readonly listed: ListedTool;
  readonly connection: McpConnection;
  readonly definition: ToolDefinition;
}

class ServerTools implements AttemptTools {
  readonly names: readonly string[];
  readonly #deps: McpDeps;
  readonly #offers: ReadonlyMap<string, Offer>;
  readonly #attempt: McpAttempt;
  readonly #reading: Reading;
  readonly #connections = new Map<string, Promise<McpConnection | undefined>>();

  constructor(deps: McpDeps, offers: ReadonlyMap<string, Offer>, attempt: McpAttempt) {
    this.names = [...offers.keys()];
    this.#deps = deps;
    this.#offers = offers;
    this.#attempt = attempt;
    this.#reading = new Reading(deps.holdsCredentials);
    if (attempt.hasInputs) this.#reading.note('results of other tasks');
  }

  async join(own: readonly Tool[], policy: ToolPolicy): Promise<readonly Tool[]> {
    const wanted = [...this.#offers].filter(([name, { server }]) => isPermitted(policy, name) && this.#isDeclared(server));
    const connected = await Promise.all(wanted.map(async ([name, offer]) => ({ name, ...offer, connection: await this.#connected(offer.server) })));
    const offered = this.#withinLimit(connected.flatMap(({ connection, ...offer }) => (connection === undefined ? [] : this.#offered(offer, connection))));
    // What servers say of their tools stands in the conversation from its start.
    for (const { server } of offered) this.#reading.note(serverSource(server.name));
    return [...own.map((tool) => this.#noted(tool)), ...offered.map((each) => this.#toolOf(each))];
  }

  async close(): Promise<void> {
    await Promise.all([...this.#connections.values()].map(async (connection) => (await connection)?.close()));
  }

  /** A task uses no server with more effect than it declares itself. */
  #isDeclared({ sideEffect }: McpServerSetting): boolean {
    return effects.indexOf(sideEffect) <= effects.indexOf(this.#attempt.sideEffects);
  }

  #connected(server: McpServerSetting): Promise<McpConnection | undefined> {
    const known = this.#connections.get(server.name) ?? this.#open(server);
    this.#connections.set(server.name, known);
    return known;
  }

  async #open(server: McpServerSetting): Promise<McpConnection | undefined> {
    try {
      return await this.#deps.open(server, this.#attempt.signal);
    } catch (error) {
      this.#tell(`server ${server.name} cannot be used in this attempt: ${messageOf(error)}`);
      return undefined;
    }
  }

  #offered({ name, server, tool }: Offer & { readonly name: string }, connection: McpConnection): Offered[] {
    const listed = connection.tools.find((each) => each.name === tool);
    if (listed === undefined) return this.#leftOut(tool, server, 'the server lists none of that name with the schema of an object');
    const definition = definitionOf(name, server, listed);
    if (typeof definition === 'string') return this.#leftOut(tool, server, definition);
    return [{ server, tool, listed, connection, definition }];
  }

  #withinLimit(offered: readonly Offered[]): readonly Offered[] {
    let bytes = 0;
    return offered.filter(({ definition, tool, server }) => {
      const size = Buffer.byteLength(JSON.stringify(definition));
      const fits = bytes + size <= limits.definitionBytes;
      if (fits) bytes += size;
      else this.#leftOut(tool, server, `what servers say of their tools may have ${limits.definitionBytes} bytes together`);
      return fits;
    });
  }

  /** A tool of the role; what it quotes was written by others. */
  #noted(tool: Tool): Tool {
    return {
      ...tool,
      call: async (input) => {
        const answer = await tool.call(input);
        if (answer.data !== undefined) this.#reading.note(tool.definition.name);
        return answer;
      },
    };
  }

  #toolOf({ server, listed, connection, definition }: Offered): Tool {
    return {
      definition,
      sideEffect: server.sideEffect === 'None' ? 'none' : 'outside',
      endsWork: false,
      hidden: [],
      call: async (input) => {
        if (!isObject(input)) return { ...toolError(`${definition.name}: the input is not an object`), isWrongInput: true };
        const objection = server.sideEffect === 'External' ? this.#reading.objectionTo(server.name) : undefined;
        return objection === undefined ? answered(server, () => connection.call(listed, input)) : toolError(objection);
      },
    };
  }

  #leftOut(tool: string, server: McpServerSetting, why: string): [] {
    this.#tell(`tool ${tool} of server ${server.name} is left out: ${why}`);
    return [];
  }

  #tell(text: string): void {
    this.#attempt.log(`mcp: ${plainText(text, limits.message)}\n`);
  }
}

/** No answer is an answer too: the model may do without. */
async function answered({ name, sideEffect }: McpServerSetting, call: () => Promise<ToolAnswer>): Promise<ToolAnswer> {
  try {
    return await call();
  } catch (error) {
    const unknown = sideEffect === 'None' ? '' : '; whether it was carried out is not known';
    return { note: `${name} gave no answer that can be used${unknown}`, data: plainText(messageOf(error), limits.message), isError: true };
  }
}

function isObject(input: unknown): input is JsonObject {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}
