# pegminer in a container: docs/operating.md says how it is run, and how the base is pinned by its digest.

ARG NODE_IMAGE=node:24-bookworm-slim
FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY build.js swc.js ./
COPY base base
COPY lxrhash lxrhash
COPY pegnet pegnet
COPY config config
COPY factom factom
COPY chain chain
COPY komodo komodo
COPY oracle oracle
COPY explorer explorer
COPY desk desk
COPY ledger ledger
COPY miner miner
COPY bench bench
COPY telemetry telemetry
COPY watch watch
COPY cli cli
RUN npm run build

FROM ${NODE_IMAGE}
ARG NODE_IMAGE
# What it was built on, for `docker inspect`.
LABEL org.opencontainers.image.base.name=${NODE_IMAGE}
ENV NODE_ENV=production
# State of each network and ByteMaps lie in the home folder; a new container goes on where the last one stopped.
ENV HOME=/data
# Within the container's own network: what is reachable from outside is decided by -p.
ENV PEGMINER_TELEMETRY_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /src/package.json ./
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/dist dist
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 9468
# The first start builds a ByteMap of 1 GiB before the page is there.
HEALTHCHECK --interval=30s --timeout=5s --start-period=15m --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9468/live').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["mine"]
