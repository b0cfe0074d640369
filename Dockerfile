# syntax=docker/dockerfile:1
# The `hospes` binary on an image without a shell or a package manager, run by a user without rights.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked -p hospes-server \
    && install -D target/release/hospes /out/usr/local/bin/hospes \
    && install -d /out/var/lib/hospes/keys

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/usr/local/bin/hospes /usr/local/bin/hospes
# A new volume mounted here takes over this owner, so the server can write its keys.
COPY --from=build --chown=nonroot:nonroot /out/var/lib/hospes /var/lib/hospes
WORKDIR /var/lib/hospes
USER nonroot
EXPOSE 8080 9090
ENTRYPOINT ["/usr/local/bin/hospes"]
CMD ["serve"]
