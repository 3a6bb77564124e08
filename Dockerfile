# The bootstrap image, for those with 'docker build' and a registry. Where there
# is none, 'make images' makes the same image from the same parts.
FROM golang:1.26-trixie AS build
RUN apt-get update && apt-get install -y --no-install-recommends libblkid-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The builder pins and stamps every component; see internal/images.
RUN --mount=type=cache,target=/root/.cache --mount=type=cache,target=/go/pkg/mod \
    go run ./cmd/bundle parts /out

FROM debian:13-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
    base-files netbase ca-certificates coreutils dash util-linux mount \
    iptables ipset nftables conntrack kmod && rm -rf /var/lib/apt/lists/*
# One layer each, the least often changed first: kubelet and its siblings,
# Ignition and the CNI plugins, our own program and files.
COPY --from=build /out/kubernetes/ /
COPY --from=build /out/tools/ /
COPY --from=build /out/bootstrap/ /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENTRYPOINT ["/usr/local/bin/bootstrap"]
