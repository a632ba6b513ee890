// How the scopes of Istio's objects differ, so that the narrowest one applies. tests/istio shows that it does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { rootNamespace, scopeOf } from "../../../cli/istio/scope.mjs";

const mesh = scopeOf(rootNamespace, {});
const namespace = scopeOf("shop", {});
const workload = scopeOf("shop", { app: "reviews" });

test("a scope removes the filters of the wider ones, after Istio has inserted them", () => {
  assert.deepEqual(mesh.wider, []);
  assert.deepEqual(namespace.wider, [mesh.filter]);
  assert.deepEqual(workload.wider, [mesh.filter, namespace.filter]);
  assert.ok(mesh.priority < namespace.priority && namespace.priority < workload.priority);
});

test("filters of scopes that may meet have different names, and so have objects in one namespace", () => {
  const other = scopeOf("shop", { version: "reviews" });
  const everywhere = scopeOf(rootNamespace, { app: "reviews" });
  const filters = [mesh, namespace, workload, other, everywhere].map(({ filter }) => filter);
  assert.equal(new Set(filters).size, filters.length, filters.join(" "));
  assert.equal(new Set([namespace.name, workload.name, other.name]).size, 3);
});

const names: [labels: Record<string, string>, name: string][] = [
  [{ app: "reviews" }, "lightspan-app-reviews"],
  [{ version: "v3", app: "reviews" }, "lightspan-app-reviews-version-v3"],
  [{ "app.kubernetes.io/name": "Reviews_2.x" }, "lightspan-app-kubernetes-io-name-reviews-2-x"],
  [{ canary: "" }, "lightspan-canary"],
];
for (const [labels, name] of names) {
  test(`objects for pods with ${JSON.stringify(labels)} are named ${name}`, () => {
    assert.equal(scopeOf("shop", labels).name, name);
  });
}
