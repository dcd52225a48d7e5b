// Who asks and what they want to do, in the words of Kubernetes RBAC: shared by the doors and by the client that asks the API server.

/** A person or program, as the API server knows it. */
export interface User {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** What somebody wants to do, in the words of Kubernetes RBAC. */
export interface AccessRequest {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update';
  readonly group: string;
  readonly resource: string;
  /** Empty: all namespaces. */
  readonly namespace: string;
  readonly name?: string;
}

export interface Authenticator {
  /** The user that a token stands for, or undefined. Without an audience the API server's own is meant. Rejects when it cannot be asked. */
  review(token: string, audience?: string): Promise<User | undefined>;
  /** True when the user may do this. Rejects when it cannot be asked. */
  allowed(user: User, request: AccessRequest): Promise<boolean>;
}
