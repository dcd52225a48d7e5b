// What a store is to those who need one to run: started by kind, hurt, started again and stopped, whoever runs it.

/** Stores that can be had. */
export const serviceKinds = ['nats', 'redis', 'clickhouse', 's3', 'chroma'] as const;
export type ServiceKind = (typeof serviceKinds)[number];

export type AccessFile = 'ca' | 'certificate' | 'key' | 'user' | 'password' | 'accessKey' | 'secretKey' | 'token';

/** Paths of what a client needs, PEM or one line of text each. Each kind of store asks for some of them. */
export type AccessFiles = Readonly<Partial<Record<AccessFile, string>>>;

export interface RunningService {
  readonly kind: ServiceKind;
  /** `host:port` of each node; the URL where a store is spoken to by HTTP. */
  readonly servers: readonly string[];
  readonly files: AccessFiles;
  /** Who may do everything in Redis: for those who hurt it on purpose. */
  readonly admin?: { readonly user: string; readonly password: string };
  /** SIGKILL, and waits until the node is gone. */
  kill(node: number): Promise<void>;
  /** Starts a node that was killed, with the data that it had, and waits until it is ready. */
  start(node: number): Promise<void>;
  /** The node stands still, and its connections stay open. */
  pause(node: number): Promise<void>;
  resume(node: number): Promise<void>;
  /** Loses all its data at once; absent where clients can do that themselves. */
  empty?(): Promise<void>;
  stop(): Promise<void>;
}

/** A running service, or why there is none here. */
export type Started = { readonly kind: 'running'; readonly service: RunningService } | { readonly kind: 'absent'; readonly reason: string };

export interface ServiceWish {
  /** For data, certificates and logs; made when it is missing. */
  readonly folder: string;
  /** Three are a cluster, of the log and of Redis; the others are always one. Default 1. */
  readonly nodes?: 1 | 3;
  /** Rules of the ACL of Redis for the user `mirror` with this password; default: it reads and writes keys of ours, and administers nothing. */
  readonly redisRules?: (password: string) => string;
}

/** Somebody who runs services. Clients get in with TLS, a client certificate, a user and a password. */
export interface ServiceProvider {
  /** For people: who runs them. */
  readonly name: string;
  start(kind: ServiceKind, wish: ServiceWish): Promise<Started>;
}
