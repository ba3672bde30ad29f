# The service in a container, in any of its roles: docker build -t floodgate . && docker run … floodgate start api
# It needs neither root, nor a shell, nor a root file system that can be written: what it writes goes to /tmp.
# The version is that of the npm package `node`, which machines without Node 24 run: a test compares them.
FROM node:24.21.0-bookworm-slim AS base
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

# Packages run no scripts here. Only `node` would, to fetch a Node that the image has; so would `prebuild`, which npm leaves
# out with the same flag.
FROM base AS build
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src ./src
RUN npm run build --ignore-scripts

FROM base AS dependencies
RUN npm ci --omit=dev --ignore-scripts

FROM base
ENV NODE_ENV=production
# Every address of the container. The diagnostics port wants a DIAGNOSTICS_TOKEN then.
ENV HOST=0.0.0.0 PORT=8083 DIAGNOSTICS_HOST=0.0.0.0 DIAGNOSTICS_PORT=9083
# What the rules of diagnostics captured; compiled code goes to /tmp by itself. Where the root is read-only, /tmp is a volume.
ENV DATA_DIR=/tmp/floodgate
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY lua ./lua
COPY migrations ./migrations
# The image's user `node`, as a number: from a name, Kubernetes cannot tell that it is not root.
USER 1000:1000
EXPOSE 8083 9083
# The diagnostics port is there in every role, and its /health answers 503 while the service itself is blocked.
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.DIAGNOSTICS_PORT}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# The flags of `npm start` (docs/decisions/0013). The entry point that the image comes with is a shell script.
ENTRYPOINT ["node", "--min-semi-space-size=32", "--max-semi-space-size=32", "--no-parallel-scavenge", "dist/main.js"]
CMD ["start"]
