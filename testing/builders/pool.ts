// Pools in the words of a test.
import { z } from 'zod';
import { type AgentPool, AgentPoolSpec } from '#api/v1alpha1/agentpool.ts';
import { frozen } from './frozen.ts';
import { type Meta, metaOf } from './meta.ts';

type SpecInput = z.input<typeof AgentPoolSpec>;

/** Builds a pool of Analyzers in namespace `team-a`. */
export function aPool(name = 'crew'): PoolBuilder {
  return new PoolBuilder({ name, namespace: 'team-a' }, { agentTypes: ['Analyzer'], template: { image: 'agent:1' } }, {});
}

export class PoolBuilder {
  readonly #meta: Meta;
  readonly #spec: SpecInput;
  readonly #status: NonNullable<AgentPool['status']>;

  constructor(meta: Meta, spec: SpecInput, status: NonNullable<AgentPool['status']>) {
    this.#meta = meta;
    this.#spec = spec;
    this.#status = status;
  }

  spec(changes: Partial<SpecInput>): PoolBuilder {
    return new PoolBuilder(this.#meta, { ...this.#spec, ...changes }, this.#status);
  }

  meta(changes: Partial<Meta>): PoolBuilder {
    return new PoolBuilder({ ...this.#meta, ...changes }, this.#spec, this.#status);
  }

  status(changes: NonNullable<AgentPool['status']>): PoolBuilder {
    return new PoolBuilder(this.#meta, this.#spec, { ...this.#status, ...changes });
  }

  /** Serves these roles. */
  of(...agentTypes: readonly string[]): PoolBuilder {
    return this.spec({ agentTypes: [...agentTypes] });
  }

  /** At most this many agents, in mode Internal. */
  max(maxReplicas: number): PoolBuilder {
    return this.spec({ scaling: { maxReplicas } });
  }

  build(): AgentPool {
    return frozen({
      apiVersion: 'coditect.ai/v1alpha1',
      kind: 'AgentPool',
      metadata: metaOf(this.#meta),
      spec: AgentPoolSpec.parse(this.#spec),
      ...(Object.keys(this.#status).length === 0 ? {} : { status: this.#status }),
    });
  }
}
