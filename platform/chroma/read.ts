// Answers of a server, taken apart with care: what another program stored, or what was garbled on the way, is left out or refused.
import type { GetResult, QueryResult } from 'chromadb';
import { ChromaFault } from './error.ts';
import type { Facts, Kept, Near } from './types.ts';

/** Records of an answer. */
export function kept({ ids, documents, metadatas }: GetResult): readonly Kept[] {
  return lists(ids, documents, metadatas).map(([id, text, facts]) => ({ id, text, facts }));
}

/** Records of an answer with their distances; one that is no number is as far as can be. */
export function near({ ids, documents, metadatas, distances }: QueryResult): readonly Near[] {
  const far = distances[0] ?? [];
  return lists(ids[0], documents[0], metadatas[0]).map(([id, text, facts], index) => ({ id, text, facts, distance: far[index] ?? 2 }));
}

function lists(ids: unknown, texts: unknown, facts: unknown): (readonly [string, string, Facts])[] {
  if (!Array.isArray(ids) || !Array.isArray(texts) || !Array.isArray(facts)) throw new ChromaFault('read what Chroma answered: it has a form that nobody knows; it is tried again', 'retry');
  return ids.flatMap((id: unknown, index) => {
    const [text, fact] = [(texts as unknown[])[index], (facts as unknown[])[index]];
    return typeof id === 'string' && typeof text === 'string' ? [[id, text, factsIn(fact)] as const] : [];
  });
}

function factsIn(value: unknown): Facts {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string | number | boolean] => ['string', 'number', 'boolean'].includes(typeof entry[1])));
}
