// The conversation as it is sent. What was said once is sent again to the byte: providers cache a conversation only as long as its beginning does not change.
// So what grows too long is folded rarely, and much of it at once.
import type { AssistantBlock, ConversationTurn, UserBlock } from '#platform/anthropic/conversation.ts';

/** Bytes of a whole conversation: where it ends, below what models can read at once, and from where to where it is folded. */
export const talkBytes = { inAll: 600_000, foldFrom: 480_000, foldTo: 200_000 } as const;

/** Outputs that are hardly longer than the note in their place stay, and so does everything while too little would be gained. */
const least = { outputBytes: 500, gainBytes: 100_000 } as const;

/** A conversation that one side has begun. */
export class Talk {
  #turns: readonly ConversationTurn[];

  /** `before`: what both sides have said already, the last of it to the model; then it is told besides that another agent goes on. */
  constructor(assignment: string, before?: readonly ConversationTurn[]) {
    this.#turns = before === undefined ? [{ role: 'user', content: [{ type: 'text', text: assignment }] }] : goingOn(before);
  }

  get turns(): readonly ConversationTurn[] {
    return this.#turns;
  }

  get bytes(): number {
    return sizeOf(this.#turns);
  }

  /** Adds what the model said and what it is told next, and folds what is older when it has become too long; true when it did. */
  add(said: readonly AssistantBlock[], told: readonly UserBlock[]): boolean {
    const turns: readonly ConversationTurn[] = [...this.#turns, ...(said.length === 0 ? [] : [{ role: 'assistant', content: said } as const]), { role: 'user', content: told }];
    this.#turns = sizeOf(turns) > talkBytes.foldFrom ? folded(turns) : turns;
    return this.#turns !== turns;
  }
}

const handOver = 'The agent that carried out your calls until here is gone, and another one goes on. The files are as they were after your last call; what git ignores, such as output of a build, may be missing. Go on.';

/** A block at the end: all blocks before it stay the same. */
function goingOn(before: readonly ConversationTurn[]): readonly ConversationTurn[] {
  return before.map((turn, index) => (turn.role === 'user' && index === before.length - 1 ? { ...turn, content: [...turn.content, { type: 'text', text: handOver }] } : turn));
}

/** The same with a note in the place of each older output, oldest first. What was told last is whole: nobody has read it yet. */
function folded(turns: readonly ConversationTurn[]): readonly ConversationTurn[] {
  const names = new Map(turns.flatMap(({ role, content }) => (role === 'assistant' ? content.flatMap(nameOfCall) : [])));
  const before = sizeOf(turns);
  let bytes = before;
  const shorter = turns.map((turn, index): ConversationTurn => {
    if (bytes <= talkBytes.foldTo || turn.role === 'assistant' || index === turns.length - 1) return turn;
    const noted: ConversationTurn = { role: 'user', content: turn.content.map((block) => noteOf(block, names)) };
    bytes -= sizeOf([turn]) - sizeOf([noted]);
    return noted;
  });
  return before - bytes < least.gainBytes ? turns : shorter;
}

function nameOfCall(block: AssistantBlock): [string, string][] {
  const { id, name } = block as { readonly id?: unknown; readonly name?: unknown };
  return block.type === 'tool_use' && typeof id === 'string' && typeof name === 'string' ? [[id, name]] : [];
}

function noteOf(block: UserBlock, names: ReadonlyMap<string, string>): UserBlock {
  if (block.type !== 'tool_result') return block;
  const bytes = Buffer.byteLength(block.content);
  // The name is the model's own word: it made the call.
  return bytes <= least.outputBytes ? block : { ...block, content: `[${bytes} bytes of ${names.get(block.tool_use_id) ?? 'a tool'} were here; make the call again if you need them]` };
}

function sizeOf(turns: readonly ConversationTurn[]): number {
  return Buffer.byteLength(JSON.stringify(turns));
}
