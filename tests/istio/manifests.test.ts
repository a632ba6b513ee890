// Istio's own tools judge every manifest that `lightspan istio` can print: istioctl validates and analyzes it, the real
// injector applies it to a pod, and Kustomize and Istio's chart accept the files made for them.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parse, stringify } from "yaml";
import { readModule } from "../../cli/module.mjs";
import { run } from "../../runner/command.ts";
import { choicesOf } from "../../cli/istio/choices.mjs";
import { objectsFor } from "../../cli/istio/render.mjs";
import { wasm } from "../envoy/ground.ts";
import { collectorUrl } from "./cluster.ts";
import { complaints } from "./judge.ts";
import { startKubernetes, type KubeObject } from "./kubernetes.ts";
import { lightspan, manifests, manifestObjects } from "./manifests.ts";
import { objectsIn } from "./objects.ts";
import { writeKubeconfig } from "./pilot.ts";
import { findIstio } from "./tools.ts";

const istio = await findIstio(console.error);
const root = mkdtempSync(join(tmpdir(), "lightspan-manifests-"));
after(() => rmSync(root, { recursive: true }));

const kinds = ["EnvoyFilter", "WasmPlugin", "TrafficExtension"];
const modules = [
  ["configmap"],
  ["configmap", "--configmap", "shop"],
  ["file:///opt/lightspan.wasm"],
  ["https://modules.example/lightspan.wasm"],
  ["oci://registry.example/mesh/lightspan:1.0"],
  ["oci://registry.example/mesh/lightspan:1.0", "--sha256", "none"],
];
const collectors = [
  ["lightstep", "--token-secret", "lightstep"],
  ["lightstep", "--token-secret", "lightstep/access-token", "--transport", "grpc", "--namespace", "bookinfo"],
  ["lightstep", "--token-secret", "lightstep", "--protocol", "otlp", "--sidecar", "bookinfo", "--sidecar", "other"],
  [collectorUrl, "--namespace", "bookinfo", "--workload", "app=reviews", "--workload", "version=v3"],
  [
    "http://otel-collector.observability.svc:4317",
    "--protocol",
    "otlp",
    "--transport",
    "grpc",
    "--sidecar",
    "bookinfo",
  ],
  ["https://otel-collector.observability.svc.cluster.local:4318", "--protocol", "otlp"],
  ["http://zipkin.example:9411", "--protocol", "zipkin", "--keep-native-tracing"],
  [collectorUrl, "--config", '{"tags":{"environment":{"pod":"POD_NAME"}}}'],
];

for (const module of modules) {
  for (const collector of collectors) {
    const flags = ["--module", ...module, "--collector", ...collector];
    test(`istioctl accepts the manifests for ${flags.join(" ")}, of any kind`, async () => {
      const documents = kinds.flatMap((kind) => objectsFor(choicesOf(["--kind", kind, ...flags], readModule)));
      // Objects that do not depend on the kind appear once.
      const distinct = new Set(documents.map(String));
      assert.deepEqual(await complaints([...distinct].join("---\n")), []);
    });
  }
}

const templates = new URL("../../cli/istio/manifests/", import.meta.url);
for (const name of readdirSync(templates)) {
  const yaml = readFileSync(new URL(name, templates), "utf8");
  // The other files, for Kustomize, Kubernetes and Istio's chart, are tested below.
  if (!/^apiVersion: .*istio\.io\//m.test(yaml)) continue;
  test(`istioctl accepts ${name} as it is`, async () => {
    assert.deepEqual(await complaints(yaml), []);
  });
}

const spoiled: [what: string, kind: string, from: string, to: string][] = [
  ["an unknown field inside the Wasm filter of an EnvoyFilter", "EnvoyFilter", "fail_open:", "fail_opened:"],
  ["an unknown field in an EnvoyFilter", "EnvoyFilter", "operation: ADD", "opperation: ADD"],
  ["an unknown word in a WasmPlugin", "WasmPlugin", "FAIL_OPEN", "FAIL_OPENLY"],
  ["an unknown field in a TrafficExtension", "TrafficExtension", "pluginName:", "plugin:"],
  ["an unknown field in a Telemetry", "EnvoyFilter", "disableSpanReporting", "disableSpans"],
];
for (const [what, kind, from, to] of spoiled) {
  test(`${what} would be noticed`, async () => {
    const yaml = manifests("--kind", kind, "--module", "configmap", "--collector", collectorUrl);
    assert.ok(yaml.includes(from));
    assert.notDeepEqual(await complaints(yaml.replaceAll(from, to)), []);
  });
}

test("the manifests carry the module built here, and its checksum", () => {
  const module = readFileSync(wasm);
  const sha256 = createHash("sha256").update(module).digest("hex");
  const configMap = manifestObjects("--collector", collectorUrl).find(({ kind }) => kind === "ConfigMap");
  const { "lightspan.wasm": data = "" } = configMap?.binaryData as Record<string, string>;
  assert.ok(Buffer.from(data, "base64").equals(module));
  for (const kind of kinds) {
    const yaml = manifests("--collector", collectorUrl, "--kind", kind, "--module", "https://modules.example/l.wasm");
    assert.ok(yaml.includes(`sha256: ${sha256}`), kind);
  }
});

test("no manifest holds a token, and each that needs one names its variable", () => {
  for (const kind of kinds) {
    const yaml = manifests(
      "--collector",
      "lightstep",
      "--token-secret",
      "lightstep",
      "--kind",
      kind,
      "--module",
      "configmap",
    );
    assert.match(yaml, /"?access_token_env"?: "?LIGHTSPAN_ACCESS_TOKEN/);
    assert.doesNotMatch(yaml, /access_token"?:/);
  }
});

interface Container {
  name: string;
  image?: string;
  env?: { name: string; valueFrom?: unknown }[];
  volumeMounts?: { name: string; mountPath: string }[];
}

interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  volumes?: { name: string; configMap?: { name: string } }[];
}

/** Writes the files for Kustomize and Helm into `folder` and returns it. */
function written(folder: string, ...flags: string[]): string {
  const { status, stderr } = lightspan("istio", "--out", folder, ...flags);
  assert.equal(status, 0, stderr);
  return folder;
}

/** The kustomization that docs/istio.md shows. */
const page = readFileSync(new URL("../../docs/istio.md", import.meta.url), "utf8");
const [, block = ""] = /```yaml\n(apiVersion: kustomize.*?)```/s.exec(page) ?? [];
const shown = parse(block) as { resources: string[] };

function deployment(): KubeObject {
  const found = objectsIn(readFileSync(istio.bookinfo, "utf8")).find(
    ({ kind, metadata }) => kind === "Deployment" && metadata.name === "details-v1",
  );
  assert.ok(found);
  return found;
}

/** The pod that this Istio's real injector makes of a Deployment, with these values of its chart. */
async function injected(deployment: KubeObject, values: object, native: boolean): Promise<PodSpec> {
  const folder = mkdtempSync(join(root, "inject-"));
  const path = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const operator = {
    apiVersion: "install.istio.io/v1alpha1",
    kind: "IstioOperator",
    spec: { profile: "minimal", values },
  };
  const generated = await run(
    istio.istioctl,
    ["manifest", "generate", "-f", path("operator.yaml", stringify(operator))],
    process.env,
  );
  assert.equal(generated.code, 0, generated.output);
  const objects = objectsIn(generated.output.slice(generated.output.indexOf("apiVersion:")));
  const data = (name: string, key: string): string => {
    const found = objects.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === name);
    return (found?.data as Record<string, string>)[key] ?? "";
  };
  const injector = parse(data("istio-sidecar-injector", "values")) as object;
  const kubernetes = await startKubernetes(objects);
  try {
    const args = ["kube-inject", "-f", path("deployment.yaml", stringify(deployment))];
    args.push("--kubeconfig", writeKubeconfig(folder, kubernetes));
    args.push("--injectConfigFile", path("config.yaml", data("istio-sidecar-injector", "config")));
    args.push("--meshConfigFile", path("mesh.yaml", data("istio", "mesh")));
    args.push("--valuesFile", path("values.json", JSON.stringify(injector)));
    const env = { ...process.env, ENABLE_NATIVE_SIDECARS: String(native) };
    const { code, output } = await run(istio.istioctl, args, env);
    assert.equal(code, 0, output);
    const [result] = objectsIn(output.slice(output.indexOf("apiVersion:")));
    return (result?.spec as { template: { spec: PodSpec } }).template.spec;
  } finally {
    await kubernetes.close();
  }
}

/** Checks that the pod's only Istio proxy has the token from the Secret and the module from the ConfigMap. */
function checkProxy({ containers, initContainers = [], volumes = [] }: PodSpec, native: boolean): void {
  const named = (container: Container): boolean => container.name === "istio-proxy";
  assert.deepEqual([containers.filter(named).length, initContainers.filter(named).length], native ? [0, 1] : [1, 0]);
  const proxy = [...containers, ...initContainers].find(named);
  assert.match(proxy?.image ?? "", /proxyv2/, "the injector did not fill in the image");
  assert.deepEqual(proxy?.env?.find(({ name }) => name === "LIGHTSPAN_ACCESS_TOKEN")?.valueFrom, {
    secretKeyRef: { name: "lightstep", key: "token", optional: true },
  });
  const mount = proxy?.volumeMounts?.find(({ mountPath }) => mountPath === "/var/lib/lightspan");
  assert.ok(mount, "no mount");
  assert.equal(volumes.find(({ name }) => name === mount.name)?.configMap?.name, "lightspan");
}

const pods = ["--collector", "lightstep", "--token-secret", "lightstep"];

/** The same Deployment with these pod annotations, and with other containers if given. */
function annotated(deployment: KubeObject, annotations: Record<string, string>, containers?: Container[]): KubeObject {
  const { template } = deployment.spec as { template: { metadata: Record<string, unknown>; spec: PodSpec } };
  template.metadata.annotations = annotations;
  if (containers !== undefined) template.spec.containers = containers;
  return deployment;
}

/** The values for Istio's chart from these flags. */
function valuesFor(...flags: string[]): object {
  return parse(
    readFileSync(join(written(mkdtempSync(join(root, "out-")), ...flags), "istiod-values.yaml"), "utf8"),
  ) as object;
}

/** A gateway's Deployment has only the proxy, which the injector fills in. */
const gatewayProxy: Container = { name: "istio-proxy", image: "auto" };

for (const native of [false, true]) {
  const where = native ? "as a native sidecar" : "as a container";

  test(`Kustomize applies the pod patch as the documents show it, and the injector merges it with its proxy ${where}`, async () => {
    const folder = mkdtempSync(join(root, "kustomize-"));
    written(join(folder, "lightspan"), ...pods);
    writeFileSync(join(folder, "application.yaml"), stringify(deployment()));
    const resources = [...shown.resources, "application.yaml"];
    writeFileSync(join(folder, "kustomization.yaml"), stringify({ ...shown, resources }));
    const { code, output } = await run(istio.kustomize, [folder], process.env);
    assert.equal(code, 0, output);
    const patched = objectsIn(output).find(({ kind }) => kind === "Deployment");
    assert.ok(patched);
    checkProxy(await injected(patched, {}, native), native);
  });

  test(`Istio's chart takes the values, and its injector follows them ${where}`, async () => {
    // kube-inject has its own default templates, and reads only names from those of the values.
    const templates = { "inject.istio.io/templates": "sidecar,lightspan" };
    checkProxy(await injected(annotated(deployment(), templates), valuesFor(...pods), native), native);
    // A pod may name its own templates.
    const other = { ...templates, "sidecar.istio.io/nativeSidecar": String(!native) };
    checkProxy(await injected(annotated(deployment(), other), valuesFor(...pods), native), !native);
  });

  test(`a gateway accepts them, too, if others have their proxy ${where}`, async () => {
    const templates = { "inject.istio.io/templates": "gateway,lightspan-gateway" };
    checkProxy(await injected(annotated(deployment(), templates, [gatewayProxy]), valuesFor(...pods), native), false);
  });
}

test("Kustomize gives the same objects as the command prints", async () => {
  const { code, output } = await run(istio.kustomize, [written(join(root, "objects"), ...pods)], process.env);
  assert.equal(code, 0, output);
  const names = (objects: KubeObject[]): string[] =>
    objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
  assert.deepEqual(names(objectsIn(output)), names(manifestObjects(...pods)));
});

test("a pod that needs nothing gets no patch", () => {
  const folder = written(
    join(root, "no pods"),
    "--collector",
    collectorUrl,
    "--module",
    "oci://registry.example/lightspan:1",
  );
  assert.deepEqual(readdirSync(folder).sort(), ["kustomization.yaml", "lightspan.yaml"]);
});
