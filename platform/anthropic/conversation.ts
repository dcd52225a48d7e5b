// Conversations with tools, in the words of the Messages API, as far as our agents speak it. Plain data: it is sent as it is written.

/** Marks the end of a prefix that the provider keeps for a while. */
export interface CacheControl {
  readonly type: 'ephemeral';
}

/** A tool that a model may call. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly input_schema: Readonly<Record<string, unknown>>;
}

/** A block of what a model said. Blocks are sent back as they came, of whatever type. */
export interface AssistantBlock {
  readonly type: string;
}

/** A call of a tool by a model. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

/** What a model is told. */
export type UserBlock = { readonly type: 'text'; readonly text: string } | { readonly type: 'tool_result'; readonly tool_use_id: string; readonly content: string; readonly is_error?: true };

/** One turn of either side. */
export type ConversationTurn = { readonly role: 'user'; readonly content: readonly UserBlock[] } | { readonly role: 'assistant'; readonly content: readonly AssistantBlock[] };

/** The next question of a conversation, with all that was said before. */
export interface ConversationRequest {
  readonly model: string;
  readonly max_tokens: number;
  readonly system: readonly { readonly type: 'text'; readonly text: string; readonly cache_control?: CacheControl }[];
  readonly tools: readonly ToolDefinition[];
  readonly messages: readonly ConversationTurn[];
  /** Set: the prefix up to the last block is kept too. */
  readonly cache_control?: CacheControl;
}
