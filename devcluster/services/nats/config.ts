// What a node is told in its configuration file.

/** Who may connect. */
export interface NatsUser {
  readonly user: string;
  readonly password: string;
  /** Subjects that it may publish to; unset: all. */
  readonly publish?: readonly string[];
  /** Subjects that it may subscribe to; unset: all. */
  readonly subscribe?: readonly string[];
}

/** A world of subjects and streams of its own. */
export interface NatsAccount {
  readonly name: string;
  readonly users: readonly NatsUser[];
  /** Most bytes of all its streams on disk. */
  readonly maxFileBytes?: number;
  /** Subjects that other accounts may hear. */
  readonly exports?: readonly { readonly subject: string; readonly accounts: readonly string[] }[];
  /** Subjects of other accounts that it hears. */
  readonly imports?: readonly { readonly account: string; readonly subject: string }[];
}

export interface NodePorts {
  readonly client: number;
  readonly monitor: number;
  readonly cluster: number;
}

export interface NodeConfig {
  readonly name: string;
  readonly ports: NodePorts;
  /** Cluster ports of all nodes; one node alone has no cluster. */
  readonly routes: readonly number[];
  readonly storeFolder: string;
  readonly maxFileBytes: number;
  /** Whether a message is on the disk before it is acknowledged. */
  readonly syncAlways: boolean;
  readonly accounts: readonly NatsAccount[];
  readonly tls?: { readonly ca: string; readonly certificate: string; readonly key: string; readonly requiresClientCertificate: boolean };
}

const quoted = (text: string): string => JSON.stringify(text);
const list = (texts: readonly string[]): string => `[${texts.map(quoted).join(', ')}]`;

/** The text of the file. */
export function natsConfig(node: NodeConfig): string {
  const { name, ports, storeFolder, maxFileBytes, syncAlways } = node;
  return [
    `server_name: ${name}`,
    `listen: "127.0.0.1:${ports.client}"`,
    `http: "127.0.0.1:${ports.monitor}"`,
    'max_payload: 1048576',
    `jetstream { store_dir: ${quoted(storeFolder)}, max_mem: 16M, max_file: ${maxFileBytes}${syncAlways ? ', sync_interval: always' : ''} }`,
    ...tlsLines(node, node.tls?.requiresClientCertificate === true),
    ...clusterLines(node),
    ...accountLines(node.accounts),
    '',
  ].join('\n');
}

function tlsLines({ tls }: NodeConfig, verify: boolean): readonly string[] {
  return tls === undefined ? [] : [`tls { cert_file: ${quoted(tls.certificate)}, key_file: ${quoted(tls.key)}, ca_file: ${quoted(tls.ca)}, verify: ${verify}, timeout: 5 }`];
}

function clusterLines(node: NodeConfig): readonly string[] {
  if (node.routes.length < 2) return [];
  const scheme = node.tls === undefined ? 'nats' : 'tls';
  const routes = node.routes.map((port) => `${scheme}://127.0.0.1:${port}`);
  return [`cluster { name: coditect, listen: "127.0.0.1:${node.ports.cluster}", no_advertise: true`, ...tlsLines(node, true), `  routes: ${list(routes)} }`];
}

function accountLines(accounts: readonly NatsAccount[]): readonly string[] {
  if (accounts.length === 0) return [];
  return ['accounts {', '  SYS: { users: [ { user: system, password: system } ] }', ...accounts.map(accountText), '}', 'system_account: SYS'];
}

/** One account, as a line. */
export function accountText({ name, users, maxFileBytes, exports = [], imports = [] }: NatsAccount): string {
  const limits = maxFileBytes === undefined ? 'enabled' : `{ max_mem: 0, max_file: ${maxFileBytes} }`;
  const shared = exports.map(({ subject, accounts }) => `{ stream: ${quoted(subject)}, accounts: ${list(accounts)} }`);
  const heard = imports.map(({ account, subject }) => `{ stream: { account: ${account}, subject: ${quoted(subject)} } }`);
  const further = [shared.length === 0 ? '' : `, exports: [ ${shared.join(', ')} ]`, heard.length === 0 ? '' : `, imports: [ ${heard.join(', ')} ]`].join('');
  return `  ${name}: { jetstream: ${limits}, users: [ ${users.map(userText).join(', ')} ]${further} }`;
}

function userText({ user, password, publish, subscribe }: NatsUser): string {
  const rights = [publish === undefined ? '' : `publish: ${list(publish)}`, subscribe === undefined ? '' : `subscribe: ${list(subscribe)}`].filter((text) => text !== '');
  const permissions = rights.length === 0 ? '' : `, permissions: { ${rights.join(', ')} }`;
  return `{ user: ${quoted(user)}, password: ${quoted(password)}${permissions} }`;
}
