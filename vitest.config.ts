import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{api,domain,platform,operator,blobs,llm-gateway,mirror,agent-runtime,sandbox,cli,devcluster,testing,bench,scripts}/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    coverage: {
      provider: 'v8',
      include: ['{api,domain,operator,llm-gateway,mirror}/**/*.ts', 'platform/kube/**/*.ts'],
      exclude: ['**/*.test.ts', '**/generated/**', '**/main.ts'],
      thresholds: { lines: 85 },
      reporter: ['text-summary', 'json-summary'],
    },
  },
});
