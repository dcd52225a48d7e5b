// The mirror's memory as the operator sees it.
import { ConnectError, createClient } from '@connectrpc/connect';
import { MemoryService } from './generated/coditect/v1alpha1/memory_pb.ts';
import { createMirrorLine, type MirrorLineOptions } from './mirror-line.ts';

/** What was found: `none` there is no mirror, `lost` it does not answer, or refuses. */
export type Recalled = { readonly kind: 'told'; readonly lessonsJson: readonly string[] } | { readonly kind: 'none' } | { readonly kind: 'lost'; readonly message: string };

export interface MemoryClient {
  /** Lessons of a namespace that are nearest to a text; never rejects. */
  recall(namespace: string, text: string, most: number, signal: AbortSignal): Promise<Recalled>;
  close(): void;
}

const callMs = 2000;

/** The memory of an installation, if it has one. */
export function createMemoryClient(options: MirrorLineOptions): MemoryClient {
  const line = createMirrorLine(options);
  return {
    recall: async (tenant, text, most, signal) => {
      try {
        const transport = await line.transport(callMs);
        if (transport === undefined) return { kind: 'none' };
        const { lessonsJson } = await createClient(MemoryService, transport).recall({ namespace: tenant, text, most }, { signal });
        return { kind: 'told', lessonsJson };
      } catch (error) {
        return { kind: 'lost', message: ConnectError.from(error).message };
      }
    },
    close: () => line.close(),
  };
}
