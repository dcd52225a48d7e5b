# Images of the processes, over the same bundles: docker build --target operator|blobs|llm-gateway|mirror|console|agent .
# No HEALTHCHECK: Kubernetes probes by HTTP. More ways to build, and what each argument is for: docs/container-images.md.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG BASE_IMAGE=debian:bookworm-slim
# Names of stages below, or of images that were made elsewhere.
ARG BUNDLES=build
ARG AGENT_IMAGE=with-git

FROM ${NODE_IMAGE} AS node

# The bundles, and the jail, which is a static C program. Compiler, npm and packages stay here.
FROM node AS build
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# Both secrets may be left out. They tell how to reach another registry, and are in no layer.
RUN --mount=type=cache,target=/root/.npm \
    --mount=type=secret,id=npmrc,target=/root/.npmrc \
    --mount=type=secret,id=ca \
    npm ci
COPY . .
RUN --mount=type=cache,target=/root/.npm \
    --mount=type=cache,target=/root/.cache/coditect \
    --mount=type=secret,id=npmrc,target=/root/.npmrc \
    --mount=type=secret,id=ca \
    node scripts/bundle.ts --out /dist operator blobs llm-gateway mirror console agent

FROM ${BUNDLES} AS bundles

# No program that makes its user another one, and no folder that everybody may write to but /tmp.
FROM ${BASE_IMAGE} AS base
RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
 && find / -xdev -type d -perm -o+w ! -path /tmp -exec chmod o-w {} +

FROM base AS runtime
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="Coditect"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=node /usr/local/bin/node /usr/local/bin/
COPY --from=bundles /dist/package.json ./
USER 65532:65532

FROM runtime AS operator
LABEL org.opencontainers.image.title="coditect-operator" \
      org.opencontainers.image.description="Runs missions of autonomous software agents."
COPY --from=bundles /dist/operator.js /dist/operator.js.map ./
COPY --from=bundles /dist/operator.cdx.json ./sbom.cdx.json
EXPOSE 9443 9444 9445 8080
ENTRYPOINT ["node", "--enable-source-maps", "/app/operator.js"]

FROM runtime AS blobs
LABEL org.opencontainers.image.title="coditect-blobs" \
      org.opencontainers.image.description="Keeps the artifacts of missions."
COPY --from=bundles /dist/blobs.js /dist/blobs.js.map ./
COPY --from=bundles /dist/blobs.cdx.json ./sbom.cdx.json
EXPOSE 9446 8080
ENTRYPOINT ["node", "--enable-source-maps", "/app/blobs.js"]

FROM runtime AS llm-gateway
LABEL org.opencontainers.image.title="coditect-llm-gateway" \
      org.opencontainers.image.description="Asks language models for missions, within their budgets."
COPY --from=bundles /dist/llm-gateway.js /dist/llm-gateway.js.map ./
COPY --from=bundles /dist/llm-gateway.cdx.json ./sbom.cdx.json
EXPOSE 9447 8080
ENTRYPOINT ["node", "--enable-source-maps", "/app/llm-gateway.js"]

FROM runtime AS mirror
LABEL org.opencontainers.image.title="coditect-mirror" \
      org.opencontainers.image.description="Tells what happens to missions."
# Weights of the embedding model, for a memory. They change less often than the program.
COPY --from=bundles /dist/model.json /dist/vocab.json /dist/group1-shard* /dist/*.wasm ./
COPY --from=bundles /dist/mirror.js /dist/mirror.js.map /dist/archive.js /dist/archive.js.map ./
COPY --from=bundles /dist/mirror.cdx.json ./sbom.cdx.json
EXPOSE 9448 9449 8080
ENTRYPOINT ["node", "--enable-source-maps", "/app/mirror.js"]

FROM runtime AS console
LABEL org.opencontainers.image.title="coditect-console" \
      org.opencontainers.image.description="Shows missions in a browser."
COPY --from=bundles /dist/console.js /dist/console.js.map ./
COPY --from=bundles /dist/console-page ./console-page
COPY --from=bundles /dist/console.cdx.json ./sbom.cdx.json
EXPOSE 9450 8080
ENTRYPOINT ["node", "--enable-source-maps", "/app/console.js"]

# What agents work with: git repositories, cloned over https.
FROM base AS with-git
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    apt-get update && apt-get install --yes --no-install-recommends ca-certificates git

FROM ${AGENT_IMAGE} AS agent
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="coditect-agent" \
      org.opencontainers.image.description="Carries out tasks of missions." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="Coditect"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=node /usr/local/bin/node /usr/local/bin/
COPY --from=bundles /dist/package.json /dist/jail ./
COPY --from=bundles /dist/node_modules ./node_modules
COPY --from=bundles /dist/wasm ./wasm
COPY --from=bundles /dist/agent.js /dist/agent.js.map /dist/analyzer-reader.js /dist/wasm-runner.js ./
COPY --from=bundles /dist/agent.cdx.json ./sbom.cdx.json
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["node", "--enable-source-maps", "/app/agent.js"]
