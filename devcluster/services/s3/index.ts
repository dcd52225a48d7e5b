// The door of the S3 server for tests, benches and demos: one server on loopback, with a port, keys and a folder of its own.
export { ensureS3 } from './build.ts';
export { type S3Options, type S3Server, startS3 } from './server.ts';
