# Muster in a container: the binary on a bare Debian, as a user without rights, with one volume for its data.
#
#   docker build -t muster .
#   docker run -p 127.0.0.1:8080:8080 -v muster-data:/var/lib/muster/data muster

FROM rust:1-bookworm AS build
# What `scripts/common.sh` lists as build_packages, as far as the image has it not.
RUN apt-get update \
    && apt-get install -y --no-install-recommends pkg-config libxmlsec1-dev libclang-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The caches live in the builder only; what is kept is the one file that is copied out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin muster \
    && cp target/release/muster /usr/local/bin/muster

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libxmlsec1-openssl libxmlsec1 libxml2 libxslt1.1 libssl3 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 muster \
    && useradd --system --uid 10001 --gid muster --no-create-home --home-dir /var/lib/muster --shell /usr/sbin/nologin muster \
    && install -d -o muster -g muster -m 0700 /var/lib/muster/data
COPY --from=build /usr/local/bin/muster /usr/local/bin/muster

USER muster
# The default database, data/muster.db, and the secret beside it lie in the volume; a muster.toml is read from here.
WORKDIR /var/lib/muster
VOLUME /var/lib/muster/data
# Inside of a container the loopback address reaches nobody.
ENV MUSTER_SERVER__LISTEN=0.0.0.0:8080
EXPOSE 8080
ENTRYPOINT ["muster"]
CMD ["serve"]
