// Filters that people use beside Lightspan: those that decide, change request headers, or answer themselves. Knows how
// each is configured; the role that some of them give a request chooses its route (routes.ts).
import { createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import type { Config } from "../../../runner/config/bootstrap.ts";

/** Envoy's own names, so that routes can refer to them. */
function filter(name: string, type: string, config: Config): Config {
  const typed_config = { "@type": `type.googleapis.com/envoy.extensions.filters.http.${type}`, ...config };
  return { name: `envoy.filters.http.${name}`, typed_config };
}

/** Lets requests through unless a route's own policy denies them. */
const rbac = filter("rbac", "rbac.v3.RBAC", {});

/** The role is what the request claims; the route is not chosen again. */
const headerMutation = filter("header_mutation", "header_mutation.v3.HeaderMutation", {
  mutations: {
    request_mutations: [
      { append: { header: { key: "x-role", value: "%REQ(x-claim)%" }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" } },
    ],
  },
});

const code = `function envoy_on_request(handle)
  local claim = handle:headers():get("x-claim")
  if claim then handle:headers():replace("x-role", claim) end
end`;
const lua = filter("lua", "lua.v3.Lua", { default_source_code: { inline_string: code } });
const luaAlone = filter("lua", "lua.v3.Lua", {
  default_source_code: { inline_string: code },
  clear_route_cache: false,
});

/** The role comes from the authorization service of startAuthorization(). */
const extAuthz = filter("ext_authz", "ext_authz.v3.ExtAuthz", {
  http_service: {
    server_uri: { uri: "http://authorization.test", cluster: "authorization", timeout: "20s" },
    authorization_response: { allowed_upstream_headers: { patterns: [{ exact: "x-role" }, { exact: "x-seen" }] } },
  },
  allowed_headers: { patterns: [{ exact: "x-claim" }, { prefix: "x-b3-" }] },
});

const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const jwks = { keys: [{ ...createPublicKey(pair.privateKey).export({ format: "jwk" }), kid: "k", alg: "ES256" }] };

/** A signed token with the role. */
export function tokenOf(role: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "ES256", kid: "k", typ: "JWT" })}.${part({ iss: "tests", role, exp: 4_000_000_000 })}`;
  const signature = sign("sha256", Buffer.from(text), { key: pair.privateKey, dsaEncoding: "ieee-p1363" });
  return `${text}.${signature.toString("base64url")}`;
}

/** The role comes from a valid token; without a token there is none. */
const jwtAuthn = filter("jwt_authn", "jwt_authn.v3.JwtAuthentication", {
  providers: {
    tests: {
      issuer: "tests",
      local_jwks: { inline_string: JSON.stringify(jwks) },
      forward: true,
      claim_to_headers: [{ header_name: "x-role", claim_name: "role" }],
    },
  },
  rules: [
    {
      match: { prefix: "/" },
      requires: { requires_any: { requirements: [{ provider_name: "tests" }, { allow_missing: {} }] } },
    },
  ],
});

const cors = filter("cors", "cors.v3.Cors", {});
const fault = filter("fault", "fault.v3.HTTPFault", {
  abort: { header_abort: {}, percentage: { numerator: 100 } },
});
const rateLimit = filter("local_ratelimit", "local_ratelimit.v3.LocalRateLimit", { stat_prefix: "limit" });
const compressor = filter("compressor", "compressor.v3.Compressor", {
  compressor_library: {
    name: "gzip",
    typed_config: { "@type": "type.googleapis.com/envoy.extensions.compression.gzip.compressor.v3.Gzip" },
  },
});

const renamed = 'function envoy_on_request(handle) handle:headers():replace(":path", "/new") end';
/** A chain that changes the path. */
export const renaming = [filter("lua", "lua.v3.Lua", { default_source_code: { inline_string: renamed } })];

/** A chain that sets a trace header itself. */
export const refusing = [
  filter("header_mutation", "header_mutation.v3.HeaderMutation", {
    mutations: {
      request_mutations: [
        { append: { header: { key: "x-b3-sampled", value: "0" }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" } },
      ],
    },
  }),
];

/** The chains, without Lightspan and the router. */
export const chains: Record<string, Config[]> = {
  header_mutation: [headerMutation],
  "rbac, header_mutation": [rbac, headerMutation],
  "header_mutation, rbac": [headerMutation, rbac],
  "rbac, lua": [rbac, lua],
  "rbac, lua that leaves the route": [rbac, luaAlone],
  "rbac, ext_authz": [rbac, extAuthz],
  "ext_authz, rbac": [extAuthz, rbac],
  "rbac, jwt_authn": [rbac, jwtAuthn],
  "jwt_authn, rbac": [jwtAuthn, rbac],
  "cors, fault, local_ratelimit, compressor": [cors, fault, rateLimit, compressor],
  "all of them": [cors, jwtAuthn, extAuthz, rbac, rateLimit, fault, lua, headerMutation, compressor],
};
