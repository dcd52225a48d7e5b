// How the mirror is told where its stores are: the variables of its settings, by kind of store.
import type { AccessFile, RunningService, ServiceKind } from './port.ts';

/** Bucket that is there from the beginning. */
export const serviceBucket = 'coditect-archive';

const prefixes: Readonly<Record<ServiceKind, string>> = { nats: 'CODITECT_NATS', redis: 'CODITECT_REDIS', clickhouse: 'CODITECT_CLICKHOUSE', s3: 'CODITECT_S3', chroma: 'CODITECT_CHROMA' };

const ends: Readonly<Record<AccessFile, string>> = { ca: 'CA', certificate: 'CERTIFICATE', key: 'KEY', user: 'USER', password: 'PASSWORD', accessKey: 'ACCESS_KEY', secretKey: 'SECRET_KEY', token: 'TOKEN' };

/** Settings that differ between kinds; what they share are the files. */
const places: Readonly<Record<ServiceKind, (servers: readonly string[]) => Readonly<Record<string, string>>>> = {
  nats: (servers) => ({ CODITECT_NATS_SERVERS: servers.join(','), CODITECT_NATS_REPLICAS: String(servers.length) }),
  redis: (servers) => ({ CODITECT_REDIS_SERVERS: servers.join(','), CODITECT_REDIS_CLUSTER: String(servers.length > 1) }),
  clickhouse: ([url = '']) => ({ CODITECT_CLICKHOUSE_URL: url }),
  s3: ([endpoint = '']) => ({ CODITECT_S3_ENDPOINT: endpoint, CODITECT_S3_BUCKET: serviceBucket }),
  chroma: ([url = '']) => ({ CODITECT_CHROMA_URL: url }),
};

/** Settings of the mirror that reach these services, as environment. */
export function environmentOf(services: readonly RunningService[]): Readonly<Record<string, string>> {
  return Object.assign({}, ...services.map((service) => ({ ...places[service.kind](service.servers), ...filesOf(service) }))) as Record<string, string>;
}

function filesOf({ kind, files }: RunningService): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(files).map(([name, path]) => [`${prefixes[kind]}_${ends[name as AccessFile]}_FILE`, path]));
}
