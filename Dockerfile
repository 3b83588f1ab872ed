# The program is one static file with its pages, styles and migrations inside.
#
#   docker run -p 8080:8080 --read-only --cap-drop=ALL \
#     --security-opt=no-new-privileges -e DATABASE_URL=… portal:VERSION serve
#
# Configuration comes from the environment (see README); secrets from files
# named by the variables that end in _FILE.

FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
ARG VERSION=unknown
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /portal ./cmd/portal

# Certificates and time zones, no shell. The account has a number, so that
# an orchestrator can see that it is not root.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /portal /portal
USER 65532:65532
ENV PORTAL_ADDR=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["/portal", "healthcheck"]
ENTRYPOINT ["/portal"]
CMD ["serve"]
