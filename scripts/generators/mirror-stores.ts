// The stores of the mirror as an installation names them: which settings, and which files of a Secret. One table for the plain manifests and for the chart.

const files = { caKey: 'CA_FILE', certificateKey: 'CERTIFICATE_FILE', keyKey: 'KEY_FILE', userKey: 'USER_FILE', passwordKey: 'PASSWORD_FILE' } as const;

interface Row {
  /** Beginning of the variables. */
  readonly prefix: string;
  /** Values of the chart by name, with the ends of their variables. */
  readonly settings: Readonly<Record<string, string>>;
  /** Values that name a key of the Secret. */
  readonly files: Readonly<Record<string, string>>;
}

/** One row a store. */
export const mirrorStores = {
  nats: { prefix: 'CODITECT_NATS', settings: { servers: 'SERVERS', insecure: 'INSECURE', replicas: 'REPLICAS' }, files: { ...files, credentialsKey: 'CREDENTIALS_FILE' } },
  redis: { prefix: 'CODITECT_REDIS', settings: { servers: 'SERVERS', cluster: 'CLUSTER', insecure: 'INSECURE' }, files },
  clickhouse: { prefix: 'CODITECT_CLICKHOUSE', settings: { url: 'URL', database: 'DATABASE', insecure: 'INSECURE' }, files },
  s3: {
    prefix: 'CODITECT_S3',
    settings: { bucket: 'BUCKET', endpoint: 'ENDPOINT', region: 'REGION', prefix: 'PREFIX', insecure: 'INSECURE' },
    files: { caKey: files.caKey, certificateKey: files.certificateKey, keyKey: files.keyKey, accessKeyKey: 'ACCESS_KEY_FILE', secretKeyKey: 'SECRET_KEY_FILE' },
  },
  chroma: { prefix: 'CODITECT_CHROMA', settings: { url: 'URL', tenant: 'TENANT', insecure: 'INSECURE' }, files: { caKey: files.caKey, certificateKey: files.certificateKey, keyKey: files.keyKey, tokenKey: 'TOKEN_FILE' } },
} as const satisfies Readonly<Record<string, Row>>;

export type StoreName = keyof typeof mirrorStores;
export const storeNames = Object.keys(mirrorStores) as readonly StoreName[];

/** A store of one installation. */
export interface StoreAccess {
  readonly store: StoreName;
  /** By the names of the table; what is missing is the default of the mirror. */
  readonly settings: Readonly<Record<string, string>>;
  /** Paths of mounted files, by the names of the table. */
  readonly files: Readonly<Record<string, string>>;
  /** The volume with these files. */
  readonly secret: object;
}

/** Where the file of a key is mounted. */
export function storeFile(store: StoreName, key: string): string {
  return `${folderOf(store)}/${key}`;
}

/** Variables of the mirror for a store. */
export function storeEnv({ store, settings, files: paths }: StoreAccess): readonly { readonly name: string; readonly value: string }[] {
  const row: Row = mirrorStores[store];
  const variables = (ends: Row['files'], values: Readonly<Record<string, string>>) => Object.entries(ends).flatMap(([name, end]) => (values[name] === undefined ? [] : [{ name: `${row.prefix}_${end}`, value: values[name] }]));
  return [...variables(row.settings, settings), ...variables(row.files, paths)];
}

/** The volume of a store, and where it is mounted. */
export function storeMount({ store, secret }: StoreAccess) {
  return { mount: { name: store, mountPath: folderOf(store), readOnly: true }, source: secret } as const;
}

const folderOf = (store: StoreName): string => `/var/run/secrets/coditect-${store}`;
