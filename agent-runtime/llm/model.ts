// Language models as an action sees them: a question, and an answer that may take its time. Who pays, and over which connection, is not its business.
import type { ConversationAnswer } from '#platform/anthropic/client.ts';
import type { ConversationRequest } from '#platform/anthropic/conversation.ts';

/** A question; the installation's own model answers when it names none. */
export type ModelRequest = Omit<ConversationRequest, 'model'> & { readonly model?: string | undefined };

/** An answer. `later` is one only when the attempt is over. */
export type ModelAnswer = ConversationAnswer;

/** Models for one attempt. */
export interface Model {
  ask(request: ModelRequest): Promise<ModelAnswer>;
}

/** Models for attempts, each under its own grant. */
export interface LanguageModels {
  /** `grant` is asked before each call: it changes when another leader takes over. Calls end when `signal` aborts. */
  under(grant: () => string, signal: AbortSignal): Model;
}
