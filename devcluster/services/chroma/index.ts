// Chroma for tests, benches and demos: found, started, hurt and stopped.
export { findChroma } from './find.ts';
export { type ChromaServer, type ChromaSetup, startChroma } from './server.ts';
