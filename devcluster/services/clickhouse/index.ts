// ClickHouse for tests and benches: found, started, hurt and stopped.
export { findEngine } from './find.ts';
export { type ClickHouseServer, startClickHouse } from './service.ts';
