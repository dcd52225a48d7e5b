# Images of the processes, over the same bundles: docker build --target operator|blobs|llm-gateway|mirror|console|agent .
# NODE_IMAGE may name another mirror or a digest; it must hold Node >= 24.12.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS bundles
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node scripts/bundle.ts operator blobs llm-gateway mirror console agent

# The jail that agents start untrusted programs in: one static program, so that the compiler stays here.
FROM ${NODE_IMAGE} AS jail
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY package.json ./
COPY platform ./platform
COPY sandbox ./sandbox
COPY scripts ./scripts
RUN node scripts/build-jail.ts --out /jail

FROM ${NODE_IMAGE} AS runtime
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="Coditect"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=bundles /src/dist/package.json ./

FROM runtime AS operator
LABEL org.opencontainers.image.title="coditect-operator" \
      org.opencontainers.image.description="Runs missions of autonomous software agents."
COPY --from=bundles /src/dist/operator.js /src/dist/operator.js.map ./
USER 65532:65532
EXPOSE 9443 9444 9445 8080
ENTRYPOINT ["node", "--enable-source-maps", "/app/operator.js"]

FROM runtime AS blobs
LABEL org.opencontainers.image.title="coditect-blobs" \
      org.opencontainers.image.description="Keeps the artifacts of missions."
COPY --from=bundles /src/dist/blobs.js /src/dist/blobs.js.map ./
USER 65532:65532
EXPOSE 9446 8080
ENTRYPOINT ["node", "--enable-source-maps", "/app/blobs.js"]

FROM runtime AS llm-gateway
LABEL org.opencontainers.image.title="coditect-llm-gateway" \
      org.opencontainers.image.description="Asks language models for missions, within their budgets."
COPY --from=bundles /src/dist/llm-gateway.js /src/dist/llm-gateway.js.map ./
USER 65532:65532
EXPOSE 9447 8080
ENTRYPOINT ["node", "--enable-source-maps", "/app/llm-gateway.js"]

FROM runtime AS mirror
LABEL org.opencontainers.image.title="coditect-mirror" \
      org.opencontainers.image.description="Tells what happens to missions."
COPY --from=bundles /src/dist/mirror.js /src/dist/mirror.js.map /src/dist/archive.js /src/dist/archive.js.map ./
# Weights of the embedding model, for a memory.
COPY --from=bundles /src/dist/model.json /src/dist/vocab.json /src/dist/group1-shard* /src/dist/*.wasm ./
USER 65532:65532
EXPOSE 9448 9449 8080
ENTRYPOINT ["node", "--enable-source-maps", "/app/mirror.js"]

FROM runtime AS console
LABEL org.opencontainers.image.title="coditect-console" \
      org.opencontainers.image.description="Shows missions in a browser."
COPY --from=bundles /src/dist/console.js /src/dist/console.js.map ./
COPY --from=bundles /src/dist/console-page ./console-page
USER 65532:65532
EXPOSE 9450 8080
ENTRYPOINT ["node", "--enable-source-maps", "/app/console.js"]

FROM runtime AS agent
LABEL org.opencontainers.image.title="coditect-agent" \
      org.opencontainers.image.description="Carries out tasks of missions."
# Agents work on git repositories; certificates are for cloning over https.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates git \
 && rm -rf /var/lib/apt/lists/*
COPY --from=bundles /src/dist/agent.js /src/dist/agent.js.map /src/dist/analyzer-reader.js /src/dist/wasm-runner.js ./
COPY --from=bundles /src/dist/wasm ./wasm
COPY --from=jail /jail ./
COPY --from=bundles /src/dist/node_modules ./node_modules
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["node", "--enable-source-maps", "/app/agent.js"]
