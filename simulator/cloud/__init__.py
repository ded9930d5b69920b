"""Google Cloud on loopback: real gRPC, so that the unchanged client libraries work against it."""
