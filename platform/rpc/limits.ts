// What one peer may ask of a gRPC server, and a server of its client.

export interface RpcLimits {
  /** Largest message read, in bytes. */
  readonly messageBytes: number;
  /** Streams that one connection may have open. */
  readonly streams: number;
  /** Connections at once. */
  readonly connections: number;
  /** How long streams may go on after close, in milliseconds. */
  readonly closeMs: number;
}

/** Limits of the api and enrolment listeners. */
export const rpcLimits: RpcLimits = { messageBytes: 1 << 20, streams: 100, connections: 4096, closeMs: 2000 };

/** Limits of the work listener: specs and results are larger. */
export const workLimits: RpcLimits = { ...rpcLimits, messageBytes: 4 << 20 };
