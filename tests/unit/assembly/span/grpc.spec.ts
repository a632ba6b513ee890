import { text } from "../../../../assembly/bytes/slice";
import { hasGrpcStatus, isGrpc, isGrpcError } from "../../../../assembly/span/grpc";
import { Bytes, fence } from "../bytes";
import { Slice } from "../../../../assembly/bytes/slice";

/** isGrpc() for `contentType`, which ends where memory ends. */
function grpc(contentType: string): bool {
  let bytes = new Bytes().text(contentType);
  let slice = new Slice();
  slice.set(fence(bytes.at, bytes.size), bytes.size);
  return isGrpc(slice);
}

describe("a gRPC request", () => {
  it("has the content type application/grpc, or the same with a plus and a format", () => {
    expect(grpc("application/grpc")).toBe(true);
    expect(grpc("application/grpc+proto")).toBe(true);
    expect(grpc("application/grpc+json")).toBe(true);
    expect(grpc("application/grpc+")).toBe(true);
  });

  it("is not grpc-web, nor anything else that begins like that", () => {
    expect(grpc("application/grpc-web")).toBe(false);
    expect(grpc("application/grpc-web+proto")).toBe(false);
    expect(grpc("application/grpcx")).toBe(false);
    expect(grpc("application/grpc;charset=utf-8")).toBe(false);
  });

  it("may not have another content type, or none", () => {
    expect(grpc("application/json")).toBe(false);
    expect(grpc("application/grp")).toBe(false);
    expect(grpc("")).toBe(false);
  });
});

describe("an answer with a gRPC status", () => {
  it("is that of a request of gRPC or grpc-web", () => {
    let types = ["application/grpc", "application/grpc+proto", "application/grpc-web", "application/grpc-web-text"];
    for (let i = 0; i < types.length; i++) expect(hasGrpcStatus(text(types[i]))).toBe(true, types[i]);
    expect(hasGrpcStatus(text("application/json"))).toBe(false);
    expect(hasGrpcStatus(text(""))).toBe(false);
  });
});

describe("a grpc-status", () => {
  it("is an error exactly if Envoy's tracer says so", () => {
    // Unknown, DeadlineExceeded, ResourceExhausted, Unimplemented, Internal, Unavailable, DataLoss.
    let errors: i32[] = [2, 4, 8, 12, 13, 14, 15];
    for (let code = 0; code < 100; code++) {
      expect(isGrpcError(text(code.toString()))).toBe(errors.includes(code), code.toString());
    }
  });

  it("is not an error if gRPC does not define the number", () => {
    let codes = ["34", "36", "66", "258", "4294967298", "999999999", "18446744073709551618"];
    for (let i = 0; i < codes.length; i++) expect(isGrpcError(text(codes[i]))).toBe(false, codes[i]);
  });

  it("is not an error if it is not a number", () => {
    let values = ["", "-", "x", "2x", " 2", "-2", "1e1", "0x2", "\0"];
    for (let i = 0; i < values.length; i++) expect(isGrpcError(text(values[i]))).toBe(false, values[i]);
  });
});
