// Values of the stores of the mirror.
import { z } from 'zod';

const secretKey = (what: string) => z.string().max(253).default('').describe(`Key of the Secret with ${what}. Empty: none.`);
const insecure = (what: string) => z.boolean().default(false).describe(`true: without TLS. Whoever is on the way ${what} then.`);

/** The Secret of a store, and which of its keys hold the files that every store may ask for. */
const storeSecret = {
  secret: z.string().max(253).default('').describe('Secret with the files below, in the namespace of the release; make it before. Empty: none.'),
  caKey: secretKey('the CA certificates that the servers must prove themselves by'),
  certificateKey: secretKey('the client certificate'),
  keyKey: secretKey('the key of that certificate'),
};
const userAndPassword = { userKey: secretKey('the user'), passwordKey: secretKey('the password of that user') };
const url = (what: string) => z.string().regex(/^(https?:\/\/.{1,500})?$/).default('').describe(what);
const servers = (what: string) => z.array(z.string().min(1).max(260)).max(64).default([]).describe(what);

/** Stores of the mirror; each may be left out. What is not here is in extraEnv. */
export const stores = {
  nats: z
    .strictObject({
      servers: servers('Servers of the event log (NATS with JetStream), for example `[nats.nats.svc:4222]`.'),
      ...storeSecret,
      ...userAndPassword,
      credentialsKey: secretKey('credentials as `nsc` makes them'),
      insecure: insecure('reads and writes events'),
      replicas: z.int().min(1).max(5).default(1).describe('Copies of each stream; 3 needs three servers.'),
    })
    .describe('The event log.'),
  redis: z
    .strictObject({
      servers: servers('Redis for the world model: one server, or some of a cluster. No other installation may use it. Empty: the world model is in memory only.'),
      cluster: z.boolean().default(false).describe('Whether the servers are a Redis Cluster.'),
      ...storeSecret,
      ...userAndPassword,
      insecure: insecure('reads the password, and reads and writes worlds'),
    })
    .describe('The world model.'),
  clickhouse: z
    .strictObject({
      url: url('HTTP interface of the ClickHouse that answers `kubectl mission stats`. Empty: stats are off. It is filled from the event log, so it needs one.'),
      database: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/).default('coditect').describe('Database for events and sums; made when it is missing. One mirror at a time may write to it.'),
      ...storeSecret,
      ...userAndPassword,
      insecure: insecure('reads and writes rows'),
    })
    .describe('Statistics.'),
  s3: z
    .strictObject({
      bucket: z.string().regex(/^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$/).default('').describe('Bucket of the archive. Empty: there is no archive.'),
      endpoint: url('Where S3 is, as `https://host:port`. Empty: the one of AWS for the region.'),
      region: z.string().regex(/^[a-z0-9-]{1,64}$/).default('us-east-1').describe('Region of the bucket. Stores that know no regions take the default.'),
      prefix: z.string().min(1).max(200).default('coditect').describe('Beginning of all names in the bucket. One installation, one prefix.'),
      ...storeSecret,
      accessKeyKey: secretKey('the access key'),
      secretKeyKey: secretKey('the secret key'),
      insecure: insecure('reads what missions say'),
    })
    .describe('The archive.'),
  chroma: z
    .strictObject({
      url: url('HTTP interface of the Chroma that keeps what missions have taught. Empty: there is no memory. It is filled from the event log, so it needs one.'),
      tenant: z.string().min(3).max(512).default('default_tenant').describe('Tenant of Chroma itself in which the databases are made, one for each namespace.'),
      ...storeSecret,
      tokenKey: secretKey('the bearer token for Chroma, or for what stands in front of it'),
      insecure: insecure('reads and writes lessons'),
    })
    .describe('The memory.'),
};
